// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of a signature's blocks.
 *
 * A search asks it once for every byte of a file, and nearly always hears
 * "no"; so a filter answers first, small enough for the second level cache: a
 * blocked Bloom filter (Putze, Sanders, Singler, "Cache-, Hash- and
 * Space-Efficient Bloom Filters", 2007), where one word answers.
 * Behind it lies no hash table with chains, which whoever makes the files could
 * let grow, but one sorted array: by scrambled weak sum, then strong hash. The
 * first bits of the sum lead to a bucket of about one entry, and the rest is
 * bisection, so that any table is searched in logarithmic time.
 */
#include "delta/table.h"
#include "delta/weak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Words of 64 bits: one for two entries, up to 512 KiB. */
#define FILTER_LOG_MIN 4
#define FILTER_LOG_MAX 16

static uint32_t scramble(const struct delta_table *t, uint32_t weak)
{
	return weak * t->multiplier;
}

static int compare_strong(const struct delta_table *t, uint32_t a,
			  const uint8_t *strong)
{
	return memcmp(delta_table_strong(t, a), strong,
		      t->params.strong_length);
}

static int grow_array(void *array, size_t count, size_t size)
{
	void **where = array;
	void *bigger = reallocarray(*where, count, size);

	if (!bigger)
		return -ENOMEM;
	*where = bigger;
	return 0;
}

static int grow(struct delta_table *t)
{
	uint32_t room = t->room + t->room / 2 + 64;

	if (grow_array(&t->start, (size_t)room + 1, sizeof(*t->start)) ||
	    grow_array(&t->weak, room, sizeof(*t->weak)) ||
	    grow_array(&t->strongs, room, t->params.strong_length))
		return -ENOMEM;
	t->room = room;
	return 0;
}

/* Another writer may have written equal blocks one by one: join them. */
static int add_entry(struct delta_table *t, const struct delta_entry *entry)
{
	uint32_t last = t->count - 1;

	t->blocks += entry->repeat;
	if (t->count && t->weak[last] == entry->weak &&
	    !compare_strong(t, last, entry->strong))
		return 0;
	if (t->count == t->room && grow(t))
		return -ENOMEM;
	t->start[t->count] = t->blocks - entry->repeat;
	t->weak[t->count] = entry->weak;
	memcpy(t->strongs + (size_t)t->count * t->params.strong_length,
	       entry->strong, t->params.strong_length);
	t->count++;
	return 0;
}

/* The short last block is no block like the others: it stands aside. */
static void split_tail(struct delta_table *t)
{
	uint32_t last = t->count - 1;

	t->tail = (uint32_t)(t->size % t->params.block);
	if (!t->tail)
		return;
	t->tail_weak = t->weak[last];
	memcpy(t->tail_strong, delta_table_strong(t, last),
	       t->params.strong_length);
	t->blocks--;
	if (t->start[last] == t->blocks)
		t->count--;
}

static uint32_t run_length(const struct delta_table *t, uint32_t entry)
{
	return t->start[entry + 1] - t->start[entry];
}

/* Order of entries; equal ones with the longest run, then the first, ahead. */
static int compare_entries(const void *pa, const void *pb, void *table)
{
	const struct delta_table *t = table;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	uint32_t wa = scramble(t, t->weak[a]), wb = scramble(t, t->weak[b]);
	int strong;

	if (wa != wb)
		return wa < wb ? -1 : 1;
	strong = compare_strong(t, a, delta_table_strong(t, b));
	if (strong)
		return strong;
	if (run_length(t, a) != run_length(t, b))
		return run_length(t, a) > run_length(t, b) ? -1 : 1;
	return a < b ? -1 : a > b;
}

static uint8_t log_of(uint32_t n)
{
	uint8_t log = 0;

	while (log < 31 && (1U << log) < n)
		log++;
	return log;
}

static int allocate_index(struct delta_table *t)
{
	uint8_t buckets = log_of(t->count), filter = buckets;

	if (filter <= FILTER_LOG_MIN)
		filter = FILTER_LOG_MIN + 1;
	if (--filter > FILTER_LOG_MAX)
		filter = FILTER_LOG_MAX;
	if (!buckets)
		buckets = 1;
	t->bucket_shift = 32 - buckets;
	t->filter_shift = 64 - filter;
	t->bucket = calloc((1ULL << buckets) + 1, sizeof(*t->bucket));
	t->filter = calloc(1ULL << filter, sizeof(*t->filter));
	t->order = calloc((size_t)t->count + 1, sizeof(*t->order));
	t->key = calloc((size_t)t->count + 1, sizeof(*t->key));
	t->class_of = calloc((size_t)t->count + 1, sizeof(*t->class_of));
	return t->bucket && t->filter && t->order && t->key && t->class_of ?
		       0 :
		       -ENOMEM;
}

/*
 * Deal the entries out to their buckets by counting, so that only a few are
 * left to compare. Afterwards bucket[b] is the end of b, the start of b + 1.
 */
static void sort_entries(struct delta_table *t)
{
	uint32_t buckets = 1U << (32 - t->bucket_shift), i, b;

	for (i = 0; i < t->count; i++)
		t->bucket[(scramble(t, t->weak[i]) >> t->bucket_shift) + 1]++;
	for (b = 1; b <= buckets; b++)
		t->bucket[b] += t->bucket[b - 1];
	for (i = 0; i < t->count; i++) {
		b = scramble(t, t->weak[i]) >> t->bucket_shift;
		t->order[t->bucket[b]++] = i;
	}
	for (b = 0, i = 0; b < buckets; i = t->bucket[b++])
		if (t->bucket[b] - i > 1)
			qsort_r(t->order + i, t->bucket[b] - i,
				sizeof(*t->order), compare_entries, t);
}

/* Keep one entry of each class in the order, and point the others to it. */
static void find_classes(struct delta_table *t)
{
	uint32_t buckets = 1U << (32 - t->bucket_shift), b, i = 0, end,
		 kept = 0;

	for (b = 0; b < buckets; b++) {
		end = t->bucket[b];
		t->bucket[b] = kept;
		for (; i < end; i++) {
			uint32_t e = t->order[i], head;

			head = kept > t->bucket[b] ? t->order[kept - 1] : e;
			if (head == e || t->weak[head] != t->weak[e] ||
			    compare_strong(t, head, delta_table_strong(t, e)))
				t->order[kept++] = head = e;
			t->class_of[e] = head;
		}
	}
	t->bucket[buckets] = kept;
	t->classes = kept;
	for (i = 0; i < kept; i++)
		t->key[i] = scramble(t, t->weak[t->order[i]]);
}

static void fill_filter(struct delta_table *t)
{
	uint64_t hash, *word;
	uint32_t i;

	for (i = 0; i < t->count; i++) {
		hash = t->weak[i] * t->filter_multiplier;
		word = &t->filter[hash >> t->filter_shift];
		*word |= 1ULL << DELTA_FILTER_BIT1(hash);
		*word |= 1ULL << DELTA_FILTER_BIT2(hash);
	}
}

/* Without random numbers the results are the same, and crafted files slow. */
static void choose_multipliers(struct delta_table *t)
{
	uint64_t random[2];

	if (getrandom(random, sizeof(random), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(random)) {
		random[0] = 0x9e3779b97f4a7c15;
		random[1] = 0x85ebca6b;
	}
	t->filter_multiplier = random[0] | 1;
	t->multiplier = (uint32_t)random[1] | 1;
}

static int build(struct delta_table *t)
{
	int ret;

	if (!t->start && grow(t))
		return -ENOMEM;
	split_tail(t);
	t->start[t->count] = t->blocks;
	choose_multipliers(t);
	ret = allocate_index(t);
	if (ret)
		return ret;
	fill_filter(t);
	sort_entries(t);
	find_classes(t);
	return 0;
}

int delta_table_load(struct delta_table *t, struct delta_signature_reader *r)
{
	struct delta_entry entry;
	int ret;

	memset(t, 0, sizeof(*t));
	t->params = r->params;
	ret = delta_strong_init(&t->strong, t->params.kind, t->params.key);
	if (ret)
		return ret;
	while ((ret = delta_signature_next(r, &entry)) > 0) {
		ret = add_entry(t, &entry);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	t->size = r->size;
	return build(t);
}

void delta_table_free(struct delta_table *t)
{
	delta_strong_free(&t->strong);
	free(t->start);
	free(t->weak);
	free(t->strongs);
	free(t->class_of);
	free(t->order);
	free(t->key);
	free(t->bucket);
	free(t->filter);
	memset(t, 0, sizeof(*t));
}

/* The first place in [low, high) whose scrambled sum isn't below @key. */
static uint32_t bisect(const struct delta_table *t, uint32_t low, uint32_t high,
		       uint32_t key)
{
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (t->key[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t delta_table_find_weak(const struct delta_table *t, uint32_t weak,
			       uint32_t *first)
{
	uint32_t key = scramble(t, weak), b = key >> t->bucket_shift;
	uint32_t end = t->bucket[b + 1], low;

	low = bisect(t, t->bucket[b], end, key);
	if (low == end || t->key[low] != key)
		return 0;
	*first = low;
	if (low + 1 == end || t->key[low + 1] != key)
		return 1;
	if (key == UINT32_MAX)
		return end - low;
	return bisect(t, low, end, key + 1) - low;
}

uint32_t delta_table_find_strong(const struct delta_table *t, uint32_t first,
				 uint32_t count, const uint8_t *strong)
{
	uint32_t low = first, high = first + count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare_strong(t, t->order[middle], strong);

		if (!order)
			return t->order[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return DELTA_NO_ENTRY;
}

bool delta_table_is_tail(const struct delta_table *t, const uint8_t *data)
{
	uint8_t strong[DELTA_STRONG_MAX];

	if (t->tail < DELTA_MIN_TAIL)
		return false;
	if (delta_weak_value(delta_weak_sum(data, t->tail)) != t->tail_weak)
		return false;
	delta_strong_hash(&t->strong, data, t->tail, strong);
	return !memcmp(strong, t->tail_strong, t->params.strong_length);
}

uint32_t delta_table_entry_of(const struct delta_table *t, uint32_t block,
			      uint32_t hint)
{
	uint32_t low = 0, high = t->count;

	if (hint < t->count && t->start[hint] <= block) {
		if (block < t->start[hint + 1])
			return hint;
		if (hint + 1 < t->count && block < t->start[hint + 2])
			return hint + 1;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (t->start[middle] <= block)
			low = middle;
		else
			high = middle;
	}
	return low;
}
