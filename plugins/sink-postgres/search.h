/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the few events that a transaction fails by: tries of ranges, in order, each on top of
 * those before that went well. One bad event of n costs about log2(n) + 2 tries. */
#ifndef HEADRACE_SINK_POSTGRES_SEARCH_H
#define HEADRACE_SINK_POSTGRES_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct search {
  size_t next;    /* what is before it is done */
  size_t bad_end; /* one in [next, bad_end) is bad; 0: nothing is known */
  size_t count;
};

/* Of `count` events that failed together. */
static inline struct search search_begin(size_t count)
{
  return (struct search){.bad_end = count, .count = count};
}

/* What to try next; false: all is done. */
static inline bool search_step(const struct search *search, size_t *from, size_t *to)
{
  size_t suspects = search->bad_end - search->next;
  *from = search->next;
  *to = !search->bad_end ? search->count
        : suspects > 1   ? search->next + suspects / 2
                         : search->bad_end;
  return search->next < search->count;
}

static inline void search_went_well(struct search *search, size_t to)
{
  search->next = to;
  if (search->next >= search->bad_end)
    search->bad_end = 0;
}

static inline void search_failed(struct search *search, size_t to)
{
  search->bad_end = to;
}

/* So many of those that went well are taken out. */
static inline void search_forget(struct search *search, size_t count)
{
  search->next -= count;
  search->count -= count;
  search->bad_end -= search->bad_end ? count : 0;
}

/* An event that was not done is taken out. */
static inline void search_remove(struct search *search)
{
  search->count--;
  search->bad_end = 0;
}

#endif
