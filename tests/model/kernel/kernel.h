/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel to run the module's own C in, as far as the tracker needs one: one
 * process, one thread, and everything in it decided by a seed. What the kernel
 * would run side by side are coroutines here (threads.c), which give way wherever
 * memory that others change is looked at or something is waited for. Disks are
 * arrays (block.c) with a volatile cache, and every request to them ends when the
 * seed says.
 *
 * The names are the kernel's, and so is what they promise to their callers; who
 * breaks a rule of theirs (a lock taken twice, a WARN, a wait without end) is told
 * by sim_fail().
 */
#ifndef MODEL_KERNEL_H
#define MODEL_KERNEL_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <linux/types.h>

/* ---- the simulation's own */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
typedef u64 sector_t;
typedef u8 blk_status_t;
typedef u32 blk_opf_t;
typedef unsigned int gfp_t;
typedef unsigned int fmode_t;

void sim_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void sim_say(const char *format, ...);
u32 sim_random(u32 below);
u64 sim_random64(void);
void *sim_self(void);
void sim_wait(void);			/* for something that others do */
void sim_yield(void);
void *sim_alloc(size_t size);
void sim_free(const void *p);
void sim_free_later(const void *p);

extern int sim_patience;

/* Others may run here. */
static inline void sim_point(void)
{
	if (--sim_patience < 0)
		sim_yield();
}

/* ---- compiler, numbers */

#define __iomem
#define __percpu
#define __rcu
#define __init
#define __exit
#define __maybe_unused		__attribute__((unused))
#define fallthrough		__attribute__((fallthrough))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define U32_MAX			UINT32_MAX
#define BITS_PER_LONG		64
#define SECTOR_SHIFT		9
#define PAGE_SHIFT		12
#define PAGE_SIZE		4096UL
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(a, b)	(((a) + (b) - 1) / (b))
#define DIV_ROUND_UP_SECTOR_T(a, b) DIV_ROUND_UP((sector_t)(a), b)
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define BIT(n)			(1UL << (n))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define struct_size(p, member, n) (sizeof(*(p)) + sizeof(*(p)->member) * (size_t)(n))
#define flex_array_size(p, member, n) (sizeof(*(p)->member) * (size_t)(n))
#define min(a, b) ({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define clamp(x, lo, hi)	min(max(x, lo), hi)
#define ilog2(x)		(63 - __builtin_clzl(x))
#define is_power_of_2(x)	((x) && !((x) & ((x) - 1)))
#define roundup_pow_of_two(x)	((x) <= 1 ? 1UL : 1UL << (64 - __builtin_clzl((x) - 1)))
#define hash_32(x, bits)	((u32)((x) * 0x61C88647U) >> (32 - (bits)))
#define lower_32_bits(x)	((u32)(x))

#define cpu_to_le16(x)		((__le16)(u16)(x))
#define cpu_to_le32(x)		((__le32)(u32)(x))
#define cpu_to_le64(x)		((__le64)(u64)(x))
#define le16_to_cpu(x)		((u16)(x))
#define le32_to_cpu(x)		((u32)(x))
#define le64_to_cpu(x)		((u64)(x))

#define WARN_ON_ONCE(x) ({ bool w_ = !!(x); \
	if (w_) \
		sim_fail("%s:%d: WARN: %s", __FILE__, __LINE__, #x); \
	w_; })
#define WARN_ON(x)		WARN_ON_ONCE(x)
#define BUG_ON(x)		((void)WARN_ON_ONCE(x))
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)
#define static_assert(x)		_Static_assert(x, #x)

#define IS_ERR(p)		((unsigned long)(p) >= (unsigned long)-4095)
#define IS_ERR_OR_NULL(p)	(!(p) || IS_ERR(p))
#define PTR_ERR(p)		((long)(p))
#define ERR_PTR(e)		((void *)(long)(e))
#define ERR_CAST(p)		((void *)(p))
#define PTR_ERR_OR_ZERO(p)	(IS_ERR(p) ? (int)PTR_ERR(p) : 0)

int kstrtou32(const char *s, unsigned int base, u32 *result);
int scnprintf(char *buffer, size_t size, const char *format, ...);

/* ---- memory that others change */

#define READ_ONCE(x) ({ sim_point(); *(const volatile typeof(x) *)&(x); })
#define WRITE_ONCE(x, v) do { sim_point(); *(volatile typeof(x) *)&(x) = (v); } while (0)
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), v)
#define smp_mb()		sim_point()
#define smp_rmb()		sim_point()
#define smp_wmb()		sim_point()
#define smp_mb__after_atomic()	sim_point()
#define smp_mb__before_atomic()	sim_point()
#define xchg(p, v) ({ sim_point(); typeof(*(p)) o_ = *(p); *(p) = (v); o_; })
#define cmpxchg(p, o, n) ({ sim_point(); typeof(*(p)) c_ = *(p); \
	*(p) = c_ == (o) ? (n) : c_; c_; })

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;

#define ATOMIC_INIT(n)			{ n }
#define atomic_read(a)			((a)->counter)
#define atomic_set(a, n)		((void)((a)->counter = (n)))
#define atomic_inc(a)			((void)(a)->counter++)
#define atomic_dec(a)			((void)(a)->counter--)
#define atomic_inc_return(a)		(++(a)->counter)
#define atomic_dec_return(a)		(--(a)->counter)
#define atomic_dec_and_test(a)		(!--(a)->counter)
#define atomic_add(n, a)		((void)((a)->counter += (n)))
#define atomic_sub(n, a)		((void)((a)->counter -= (n)))
#define atomic_add_return(n, a)		((a)->counter += (n))
#define atomic_long_read(a)		((a)->counter)
#define atomic_long_set(a, n)		((void)((a)->counter = (n)))
#define atomic_long_inc(a)		((void)(a)->counter++)
#define atomic_long_add(n, a)		((void)((a)->counter += (n)))
#define atomic_long_sub(n, a)		((void)((a)->counter -= (n)))
#define atomic_long_add_return(n, a)	((a)->counter += (n))

typedef struct { s64 counter; } atomic64_t;

#define atomic64_read(a)		READ_ONCE((a)->counter)
#define atomic64_set(a, n)		WRITE_ONCE((a)->counter, n)
#define atomic64_try_cmpxchg(a, old, new) ({ sim_point(); \
	bool same_ = (a)->counter == *(old); \
	if (same_) \
		(a)->counter = (new); \
	else \
		*(old) = (a)->counter; \
	same_; })

static inline bool test_bit(unsigned long n, const unsigned long *map)
{
	sim_point();
	return map[n / 64] >> (n % 64) & 1;
}

static inline void __set_bit(unsigned long n, unsigned long *map)
{
	map[n / 64] |= 1UL << (n % 64);
}

static inline void __clear_bit(unsigned long n, unsigned long *map)
{
	map[n / 64] &= ~(1UL << (n % 64));
}

static inline void set_bit(unsigned long n, unsigned long *map)
{
	sim_point();
	__set_bit(n, map);
}

static inline void clear_bit(unsigned long n, unsigned long *map)
{
	sim_point();
	__clear_bit(n, map);
}

static inline bool test_and_set_bit(unsigned long n, unsigned long *map)
{
	bool was = test_bit(n, map);

	__set_bit(n, map);
	return was;
}

static inline bool test_and_clear_bit(unsigned long n, unsigned long *map)
{
	bool was = test_bit(n, map);

	__clear_bit(n, map);
	return was;
}

unsigned long sim_find_bit(const unsigned long *map, unsigned long size,
			   unsigned long from, bool value);

#define find_next_bit(m, size, from)	sim_find_bit(m, size, from, true)
#define find_first_bit(m, size)		sim_find_bit(m, size, 0, true)
#define find_next_zero_bit(m, size, from) sim_find_bit(m, size, from, false)
#define find_first_zero_bit(m, size)	sim_find_bit(m, size, 0, false)
#define bitmap_empty(m, size)		(find_first_bit(m, size) >= (size))

static inline void bitmap_set(unsigned long *map, unsigned int n,
			      unsigned int count)
{
	while (count--)
		__set_bit(n++, map);
}

static inline void bitmap_zero(unsigned long *map, unsigned int size)
{
	memset(map, 0, BITS_TO_LONGS(size) * sizeof(long));
}

static inline void bitmap_fill(unsigned long *map, unsigned int size)
{
	bitmap_set(map, 0, size);
}

/* ---- memory */

#define GFP_KERNEL		0U
#define GFP_NOIO		0U
#define GFP_ATOMIC		0U
#define GFP_NOWAIT		0U
#define __GFP_ZERO		0U
#define __GFP_RETRY_MAYFAIL	0U
#define __GFP_NORETRY		0U
#define __GFP_NOWARN		0U
#define __GFP_NOFAIL		0U
#define kmalloc(size, gfp)	sim_alloc(size)
#define kzalloc(size, gfp)	sim_alloc(size)
#define kcalloc(n, size, gfp)	sim_alloc((size_t)(n) * (size))
#define kvmalloc(size, gfp)	sim_alloc(size)
#define kvzalloc(size, gfp)	sim_alloc(size)
#define kvcalloc(n, size, gfp)	sim_alloc((size_t)(n) * (size))
#define kvmalloc_array(n, size, gfp) sim_alloc((size_t)(n) * (size))
#define __vmalloc(size, gfp)	sim_alloc(size)
#define vzalloc(size)		sim_alloc(size)
#define get_zeroed_page(gfp)	((unsigned long)sim_alloc(PAGE_SIZE))
#define free_page(p)		sim_free((void *)(p))
#define kfree(p)		sim_free(p)
#define kvfree(p)		sim_free(p)
#define vfree(p)		sim_free(p)
#define kfree_rcu(p, field)	sim_free_later(p)
#define kfree_rcu_mightsleep(p)	sim_free_later(p)
#define totalram_pages()	(1UL << 20)
#define memalloc_noio_save()	0U
#define memalloc_noio_restore(x) ((void)(x))
#define get_random_bytes(p, n)	memset(p, 0x5a, n)

/* ---- lists */

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#define LIST_HEAD_INIT(l)	{ &(l), &(l) }
#define LIST_HEAD(l)		struct list_head l = LIST_HEAD_INIT(l)
#define HLIST_HEAD(l)		struct hlist_head l = { NULL }
#define INIT_HLIST_HEAD(l)	((l)->first = NULL)

static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

static inline void sim_list_insert(struct list_head *n, struct list_head *prev,
				   struct list_head *next)
{
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
}

static inline void list_add(struct list_head *n, struct list_head *l)
{
	sim_list_insert(n, l, l->next);
}

static inline void list_add_tail(struct list_head *n, struct list_head *l)
{
	sim_list_insert(n, l->prev, l);
}

static inline void list_del_init(struct list_head *n)
{
	n->next->prev = n->prev;
	n->prev->next = n->next;
	INIT_LIST_HEAD(n);
}

static inline void list_del(struct list_head *n)
{
	list_del_init(n);
	n->next = NULL;
	n->prev = NULL;
}

static inline void list_move_tail(struct list_head *n, struct list_head *l)
{
	list_del_init(n);
	list_add_tail(n, l);
}

static inline void list_splice_tail_init(struct list_head *from,
					 struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	INIT_LIST_HEAD(from);
}

static inline void list_splice_init(struct list_head *from,
				    struct list_head *to)
{
	if (list_empty(from))
		return;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	from->next->prev = to;
	to->next = from->next;
	INIT_LIST_HEAD(from);
}

#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_first_entry_or_null(l, type, member) \
	(list_empty(l) ? NULL : list_first_entry(l, type, member))
#define list_next_entry(p, member) \
	list_entry((p)->member.next, typeof(*(p)), member)
#define list_for_each_entry(p, l, member) \
	for (p = list_first_entry(l, typeof(*p), member); &p->member != (l); \
	     p = list_next_entry(p, member))
#define list_for_each_entry_safe(p, n, l, member) \
	for (p = list_first_entry(l, typeof(*p), member), \
	     n = list_next_entry(p, member); &p->member != (l); \
	     p = n, n = list_next_entry(n, member))

static inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}

static inline bool hlist_empty(const struct hlist_head *l)
{
	return !l->first;
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *l)
{
	n->next = l->first;
	if (n->next)
		n->next->pprev = &n->next;
	l->first = n;
	n->pprev = &l->first;
}

static inline void hlist_del(struct hlist_node *n)
{
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	INIT_HLIST_NODE(n);
}

#define sim_hlist_entry(n, type, member) \
	((n) ? container_of(n, type, member) : NULL)
#define hlist_for_each_entry(p, l, member) \
	for (p = sim_hlist_entry((l)->first, typeof(*p), member); p; \
	     p = sim_hlist_entry(p->member.next, typeof(*p), member))
#define hlist_for_each_entry_safe(p, n, l, member) \
	for (p = sim_hlist_entry((l)->first, typeof(*p), member); \
	     p && ({ n = p->member.next; true; }); \
	     p = sim_hlist_entry(n, typeof(*p), member))

/* ---- locks, waiting, time */

typedef struct { void *owner; } spinlock_t;
struct mutex { void *owner; };

void sim_lock(void **owner, const char *where);
void sim_unlock(void **owner, const char *where);

#define SIM_HERE			__func__
#define DEFINE_MUTEX(m)			struct mutex m
#define DEFINE_SPINLOCK(l)		spinlock_t l
#define mutex_init(m)			((m)->owner = NULL)
#define mutex_destroy(m)		((void)(m))
#define mutex_lock(m)			sim_lock(&(m)->owner, SIM_HERE)
#define mutex_unlock(m)			sim_unlock(&(m)->owner, SIM_HERE)
#define mutex_lock_interruptible(m)	(mutex_lock(m), 0)
#define mutex_is_locked(m)		((m)->owner != NULL)
#define spin_lock_init(l)		((l)->owner = NULL)
#define spin_lock(l)			sim_lock(&(l)->owner, SIM_HERE)
#define spin_unlock(l)			sim_unlock(&(l)->owner, SIM_HERE)
#define spin_lock_irq(l)		spin_lock(l)
#define spin_unlock_irq(l)		spin_unlock(l)
#define spin_lock_irqsave(l, flags)	((flags) = 0, spin_lock(l))
#define spin_unlock_irqrestore(l, flags) ((void)(flags), spin_unlock(l))
/* classes of locks: nobody looks for circles here */
struct lock_class_key { int dummy; };
#define lockdep_register_key(k)		((void)(k))
#define lockdep_unregister_key(k)	((void)(k))
#define lockdep_set_class(l, k)		((void)(l), (void)(k))
#define __releases(x)
#define __acquires(x)
#define sort(base, count, size, compare, swap) \
	qsort(base, count, size, compare)
#define lockdep_is_held(l)		((l)->owner == sim_self())
#define lockdep_assert_held(l) do { \
	if (!lockdep_is_held(l)) sim_fail("%s: %s is not held", SIM_HERE, #l); } while (0)

typedef struct { int unused; } wait_queue_head_t;

#define init_waitqueue_head(w)		((void)(w))
#define wake_up(w)			((void)(w))
#define wake_up_all(w)			((void)(w))
#define wait_event(w, condition)	do { while (!(condition)) sim_wait(); } while (0)
#define wait_event_interruptible(w, condition) ({ wait_event(w, condition); 0; })
#define wait_event_interruptible_timeout(w, condition, t) ({ wait_event(w, condition); 1L; })
#define wait_event_timeout(w, condition, t) ({ wait_event(w, condition); 1L; })

struct completion { unsigned int done; };

#define init_completion(c)		((c)->done = 0)
#define reinit_completion(c)		((c)->done = 0)
#define DECLARE_COMPLETION_ONSTACK(c)	struct completion c = { 0 }
#define complete(c)			((void)(c)->done++)
#define complete_all(c)			((void)((c)->done = 1U << 30))
#define wait_for_completion(c)		do { while (!(c)->done) sim_wait(); (c)->done--; } while (0)
#define wait_for_completion_io(c)	wait_for_completion(c)
#define wait_for_completion_timeout(c, t) ({ (void)(t); wait_for_completion(c); 1UL; })
#define wait_for_completion_io_timeout(c, t) ({ (void)(t); wait_for_completion(c); 1UL; })
#define try_wait_for_completion(c)	((c)->done ? ((c)->done--, true) : false)
#define completion_done(c)		((c)->done != 0)

#define HZ				100
extern unsigned long jiffies;
#define msecs_to_jiffies(ms)		((unsigned long)(ms) * HZ / 1000)
#define time_after_eq(a, b)		((long)((a) - (b)) >= 0)
#define time_after(a, b)		((long)((b) - (a)) < 0)
#define time_before(a, b)		time_after(b, a)
#define ktime_get_real_seconds()	1700000000LL

#define cond_resched()			sim_point()
#define current				NULL
#define signal_pending(task)		false
#define fatal_signal_pending(task)	false
#define in_task()			true

void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);

struct rcu_head { void *unused; };

#define synchronize_rcu_expedited()	synchronize_rcu()
#define rcu_barrier()			synchronize_rcu()
#define rcu_dereference(p)		READ_ONCE(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_access_pointer(p)		(p)
#define rcu_assign_pointer(p, v)	WRITE_ONCE(p, v)
#define RCU_INIT_POINTER(p, v)		((p) = (v))

#define alloc_percpu(type)		((type *)sim_alloc(sizeof(type)))
#define free_percpu(p)			sim_free(p)
#define this_cpu_inc(x)		(sim_point(), (void)(x)++)
#define this_cpu_dec(x)		(sim_point(), (void)(x)--)
#define this_cpu_add(x, n)		((void)((x) += (n)))
#define per_cpu_ptr(p, cpu)		(p)
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < 1; (cpu)++)

struct kref { int count; };

#define kref_init(k)			((k)->count = 1)
#define kref_get(k)			((void)(k)->count++)
#define kref_read(k)			((k)->count)
#define kref_put(k, release)		(--(k)->count ? 0 : (release(k), 1))

/* ---- work */

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct workqueue_struct { unsigned int works; };

struct work_struct {
	work_func_t func;
	void *pending;		/* the coroutine that is to run it */
};

struct delayed_work {
	struct work_struct work;
	unsigned long due;
};

extern struct workqueue_struct sim_system_wq;
#define system_wq			(&sim_system_wq)
#define system_unbound_wq		(&sim_system_wq)
#define WQ_MEM_RECLAIM			0
#define WQ_UNBOUND			0
#define WQ_HIGHPRI			0
#define INIT_WORK(w, f)			((w)->func = (f), (w)->pending = NULL)
#define INIT_DELAYED_WORK(d, f)		INIT_WORK(&(d)->work, f)
#define to_delayed_work(w)		container_of(w, struct delayed_work, work)
#define alloc_workqueue(...)		((struct workqueue_struct *)sim_alloc(sizeof(struct workqueue_struct)))
#define alloc_ordered_workqueue(...)	alloc_workqueue()
#define queue_delayed_work(wq, d, delay) sim_queue(wq, &(d)->work, delay)
#define mod_delayed_work(wq, d, delay)	(sim_cancel(&(d)->work, false), sim_queue(wq, &(d)->work, delay))
#define queue_work(wq, w)		sim_queue(wq, w, 0)
#define schedule_work(w)		queue_work(system_wq, w)
#define cancel_work_sync(w)		sim_cancel(w, true)
#define cancel_delayed_work_sync(d)	sim_cancel(&(d)->work, true)
#define cancel_delayed_work(d)		sim_cancel(&(d)->work, false)
#define flush_delayed_work(d)		flush_work(&(d)->work)

bool sim_queue(struct workqueue_struct *wq, struct work_struct *work,
	       unsigned long delay);
bool sim_cancel(struct work_struct *work, bool sync);
bool flush_work(struct work_struct *work);
void flush_workqueue(struct workqueue_struct *wq);
void destroy_workqueue(struct workqueue_struct *wq);

/* ---- module */

#define THIS_MODULE			NULL
#define module_param(...)		_Static_assert(1, "")
#define MODULE_PARM_DESC(...)		_Static_assert(1, "")
#define EXPORT_SYMBOL_GPL(x)
#define KERNEL_VERSION(a, b, c)		(((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE		KERNEL_VERSION(6, 1, 0)
#define pr_err(...)			sim_say(__VA_ARGS__)
#define pr_warn(...)			sim_say(__VA_ARGS__)
#define DMERR(...)			sim_say(__VA_ARGS__)
#define DMWARN(...)			sim_say(__VA_ARGS__)
#define DMINFO(...)			sim_say(__VA_ARGS__)
#define DMERR_LIMIT(...)		sim_say(__VA_ARGS__)
#define DMWARN_LIMIT(...)		sim_say(__VA_ARGS__)

#include "block.h"

#endif
