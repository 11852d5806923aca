/*
 * Tables that keep a byte of the hash for each entry in groups that are filled from their first
 * place on (Boost's flat containers, Folly's F14): whether bytes look like that.
 */
#ifndef HASHTRACK_LAYOUT_TAG_GROUPS_H
#define HASHTRACK_LAYOUT_TAG_GROUPS_H

#include "layout.h"

#define TAG_PLACES_MAX  16
#define TAG_GROUPS_LIVE 64 /* fewer prove nothing */

/* Zero-initialise. */
struct tag_groups {
    uint64_t live;
    uint32_t by_tag[128]; /* each for two neighbouring values */
    uint32_t by_place[TAG_PLACES_MAX];
};

static inline void tag_groups_add(struct tag_groups *groups, unsigned char tag, unsigned place)
{
    groups->live++;
    groups->by_tag[tag / 2]++;
    groups->by_place[place]++;
}

/* No value is frequent (those that stand for two are twice as frequent as others), and each place
 * is taken about as often as the one before it, or less: in an array of pointers, every seventh and
 * eighth byte is empty and the next ones are not. */
static inline bool tag_groups_look_hashed(const struct tag_groups *groups, unsigned places)
{
    if (groups->live < TAG_GROUPS_LIVE)
        return false;
    for (unsigned i = 0; i < 128; i++)
        if (groups->by_tag[i] > groups->live / 16 + 8)
            return false;
    for (unsigned place = 1; place < places; place++)
        if (groups->by_place[place] > groups->by_place[place - 1] * 5 / 4 + 8)
            return false;
    return true;
}

#endif
