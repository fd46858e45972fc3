/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.h - the rule by which a bounded resource is divided among customers.
 *
 * A party that has nothing of the resource may take while anything is free. A party that has some
 * may take more only if it then has no more than remains free.
 *
 * n parties that take all they can reach capacity / (n + 1) each, and the same amount stays free
 * for the next party. So no party can take everything, and the limit follows the number of active
 * parties without counting them. The cost is the free part: a party that is alone gets one half. So
 * a resource is planned with twice the capacity that one party needs.
 *
 * Dynamic queue length thresholds: A. K. Choudhury and E. L. Hahne, "Dynamic Queue Length
 * Thresholds for Shared-Memory Packet Switches", IEEE/ACM Transactions on Networking 6 (2), 1998,
 * with alpha = 1.
 *
 *     if (!share_allows(i->slots, i->taken, class->waiting, 1)) ... not now ...
 *     i->taken++;
 *     class->waiting++;
 *
 * Pure functions of counts that the caller keeps, in any unit (messages, lanes, bytes).
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include "base/base.h"

/*
 * Whether a party that has `has` of a resource may take `amount` more, when all parties together
 * use `used` of `capacity`. `used` includes `has`. A party that has nothing may take an amount
 * above the capacity, since it could never take it otherwise.
 */
static inline bool share_allows(uint64_t capacity, uint64_t used, uint64_t has, uint64_t amount)
{
    if (used >= capacity) {
        return false;
    }
    if (has == 0) {
        return true;
    }
    uint64_t free = capacity - used;
    return amount <= free && has <= free - amount && amount <= free - amount - has;
}

/*
 * The most that a party may take at once, up to `want`. One that has nothing may take a unit while
 * any is free, and more only as one that has some.
 */
static inline uint64_t share_room(uint64_t capacity, uint64_t used, uint64_t has, uint64_t want)
{
    uint64_t free = used < capacity ? capacity - used : 0;
    uint64_t room = free > has ? (free - has) / 2 : 0;
    room = room == 0 && has == 0 && free != 0 ? 1 : room;
    return want < room ? want : room;
}

/* As share_allows, for one unit that is counted in `used` and `has` already: whether to keep it. */
static inline bool share_keeps(uint64_t capacity, uint64_t used, uint64_t has)
{
    return share_allows(capacity, used - 1, has - 1, 1);
}

#endif
