/*
 * The numbers that an object has beside the pointer to its groups: see tagged_groups.h. No state.
 */
#include "layouts/words.h"
#include "page.h"
#include "tagged_parts.h"

#define SPARE_PART 8u /* groups behind a power of two of them, in parts of it */

bool tagged_array_read(const struct layout_view *view, const struct block *block, uint64_t place,
                       struct tagged_array *out)
{
    uint64_t start = place - TAGGED_REACH, end = place + TAGGED_REACH;
    uint64_t page = place & ~(uint64_t)(PAGE_BYTES - 1);
    out->block = *block;
    out->place = place;
    if (layout_read(view, start, out->around, sizeof(out->around)))
        return true;
    /* The object's page may be the first or the last that can be read. */
    memset(out->around, 0, sizeof(out->around));
    start = start < page ? page : start;
    end = end > page + PAGE_BYTES ? page + PAGE_BYTES : end;
    return layout_read(view, start, out->around + (start - (place - TAGGED_REACH)), end - start);
}

uint64_t tagged_number_at(const struct tagged_array *array, struct tagged_number number)
{
    return word_sized(array->around, number.at, number.bytes);
}

static bool is_pointer_at(struct tagged_number number)
{
    return number.at + number.bytes > TAGGED_REACH && number.at < TAGGED_REACH + 8;
}

/* Shows the numbers behind the one given, the widest first; {0, 0} begins. */
bool tagged_next_number(struct tagged_number *number, uint8_t least_bytes)
{
    if (number->bytes == 0)
        *number = (struct tagged_number){0, 8};
    else
        number->at = (uint8_t)(number->at + number->bytes);
    for (;; number->at = (uint8_t)(number->at + number->bytes)) {
        if (number->at + number->bytes > 2 * TAGGED_REACH) {
            number->at = 0;
            number->bytes /= 2;
            if (number->bytes < least_bytes)
                return false;
        }
        if (!is_pointer_at(*number))
            return true;
    }
}

uint64_t tagged_groups_in(const struct block *block, const struct tagged_groups *groups)
{
    return (block->bytes - groups->start) / groups->group_bytes;
}

/* The groups that the object's number is about; 0: none. */
uint64_t tagged_named_groups(const struct block *block, const struct tagged_groups *groups)
{
    uint64_t all = tagged_groups_in(block, groups);
    if (!groups->is_power)
        return all;
    uint64_t power = next_power_of_two(all);
    power = power > all ? power / 2 : power;
    return power == all || all - power > power / SPARE_PART ? 0 : power;
}

/* What the number must be; UINT64_MAX: nothing is. */
uint64_t tagged_expected_capacity(const struct block *block, const struct tagged_groups *groups)
{
    uint64_t named = tagged_named_groups(block, groups), slots = named * groups->tags, said = 0;
    if (named == 0)
        return UINT64_MAX;
    switch ((enum tagged_form)groups->form) {
    case TAGGED_SLOTS:
        said = slots;
        break;
    case TAGGED_SLOTS_MASK:
        said = slots - 1;
        break;
    case TAGGED_GROUPS:
        said = named;
        break;
    case TAGGED_GROUPS_MASK:
        said = named - 1;
        break;
    case TAGGED_GROUPS_LOG2:
        return is_power_of_two(named) ? log2_of(named) : UINT64_MAX;
    case TAGGED_SLOTS_LOG2:
        return is_power_of_two(slots) ? log2_of(slots) : UINT64_MAX;
    case TAGGED_FORMS:
        break;
    }
    return said < TAGGED_LEAST_NAMED ? UINT64_MAX : said;
}

static bool are_all(const struct tagged_array *arrays, uint32_t count, struct tagged_number number,
                    uint64_t value)
{
    for (uint32_t i = 0; i < count; i++)
        if (tagged_number_at(&arrays[i], number) != value)
            return false;
    return true;
}

static enum tagged_round round_of(const struct tagged_groups *groups)
{
    bool is_log2 = groups->form == TAGGED_GROUPS_LOG2 || groups->form == TAGGED_SLOTS_LOG2;
    return groups->is_power || is_log2 ? TAGGED_OTHERS : TAGGED_EXACT;
}

static uint32_t bit_of(uint64_t number)
{
    return (uint32_t)(number * 0x9E3779B97F4A7C15ull >> 54);
}

void tagged_filter_fill(struct tagged_filter *filter, const struct tagged_array *array)
{
    struct tagged_number number = {0, 0};
    *filter = (struct tagged_filter){0};
    while (tagged_next_number(&number, 2)) {
        uint32_t bit = bit_of(tagged_number_at(array, number));
        filter->bits[bit / 64] |= 1ull << bit % 64;
    }
}

static bool may_have(const struct tagged_filter *filter, uint64_t number)
{
    uint32_t bit = bit_of(number);
    return filter->bits[bit / 64] >> bit % 64 & 1;
}

bool tagged_find_capacity(const struct tagged_array *arrays, uint32_t count,
                          const struct tagged_filter *filter, enum tagged_round round,
                          struct tagged_groups *groups)
{
    for (int is_power = 0; is_power <= 1; is_power++)
        for (uint8_t form = TAGGED_SLOTS; form < TAGGED_FORMS; form++) {
            groups->is_power = is_power;
            groups->form = form;
            if (round_of(groups) != round)
                continue;
            uint64_t said = tagged_expected_capacity(&arrays[0].block, groups);
            bool is_log2 = form == TAGGED_GROUPS_LOG2 || form == TAGGED_SLOTS_LOG2;
            if (said == UINT64_MAX || (!is_log2 && !may_have(filter, said)))
                continue;
            groups->capacity = (struct tagged_number){0, 0};
            while (tagged_next_number(&groups->capacity, is_log2 ? 1 : 2))
                if (are_all(arrays, count, groups->capacity, said))
                    return true;
        }
    return false;
}
