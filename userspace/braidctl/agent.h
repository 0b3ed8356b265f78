/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talking to braidd: a line of JSON to its control socket, a line of JSON back,
 * within a time.
 */
#ifndef BRAIDCTL_AGENT_H
#define BRAIDCTL_AGENT_H

#include <json-c/json.h>
#include <stdbool.h>

#define AGENT_WHY 512

/**
 * agent_ask() - send a command and wait for the answer
 * @socket: the path of the control socket
 * @command: one of the words of the protocol
 * @seconds: how long all of it may take
 * @reply: receives the answer, which says that it went well
 * @why: receives a sentence if it didn't
 *
 * Return: 0; -ENOENT or -ECONNREFUSED if no braidd is there; -EREMOTEIO if
 * braidd refused, and @why is its reason; or another errno.
 */
int agent_ask(const char *socket, const char *command, unsigned int seconds,
	      json_object **reply, char why[AGENT_WHY]);

/* agent_insist() - the same, with "force" if @force */
int agent_insist(const char *socket, const char *command, bool force,
		 unsigned int seconds, json_object **reply,
		 char why[AGENT_WHY]);

/* What a line from braidd says; as above, but 0, -EREMOTEIO or -EPROTO. */
int agent_read_reply(const char *line, json_object **reply,
		     char why[AGENT_WHY]);

#endif
