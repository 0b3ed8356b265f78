// SPDX-License-Identifier: GPL-2.0-only
#include "disk-sum.h"

/* By half bytes: it is rarely needed, and the table is small. */
__u32 disk_sum_add(__u32 sum, const void *data, __u32 size)
{
	static const __u32 table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
		0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const __u8 *at = data;

	while (size--) {
		sum ^= *at++;
		sum = sum >> 4 ^ table[sum & 15];
		sum = sum >> 4 ^ table[sum & 15];
	}
	return sum;
}
