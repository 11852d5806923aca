/*
 * Arrays whose elements say themselves where they belong, by a number that they hold, as the
 * entries of a table do whose keys are their own hashes: rings by sequence number, handles with
 * generations, records from a first number on, objects by their number. All grow, then most of what
 * they hold goes.
 */
#include <string.h>

#include "decoy.h"

#define LEAST   64u
#define RECORDS 400000u

struct record {
    uint32_t number;
    uint32_t state;
    uint64_t payload;
};

/* Requests that were sent and not answered, each where its number leads modulo the ring's size, or
 * a slot before. */
static void requests(unsigned records, uint32_t first, uint32_t before, uint32_t answered_early)
{
    struct {
        struct record **ring;
        uint32_t size, oldest, next;
    } *link = must(calloc(1, sizeof *link));
    link->size = LEAST;
    link->oldest = link->next = first;
    link->ring = must(calloc(LEAST, sizeof *link->ring));
    for (unsigned i = 0; i < records; i++) {
        if (link->next - link->oldest == link->size) {
            struct record **larger = must(calloc(2 * link->size, sizeof *larger));
            for (uint32_t n = link->oldest; n != link->next; n++)
                larger[n % (2 * link->size)] = link->ring[n % link->size];
            free(link->ring);
            link->ring = larger;
            link->size *= 2;
        }
        struct record *record = must(calloc(1, sizeof *record));
        record->number = link->next + before;
        link->ring[link->next++ % link->size] = record;
        while (i >= 3000 && answered_early > 0) {
            uint32_t oldest = link->oldest++ % link->size;
            free(link->ring[oldest]);
            link->ring[oldest] = NULL;
            answered_early--;
        }
    }
    decoy_look("requests in flight", link->ring);
    for (uint32_t n = link->oldest; n != link->next; n++) {
        if (n % 100 != 0) {
            free(link->ring[n % link->size]);
            link->ring[n % link->size] = NULL;
        }
    }
    decoy_look("requests in flight, nearly all answered", link->ring);
    for (uint32_t n = 0; n < link->size; n++)
        free(link->ring[n]);
    free(link->ring);
    free(link);
}

static void requests_in_flight(void)
{
    requests(RECORDS, 1003, 0, 0);
}

/* The first one of all is number 1 and stands in slot 0; most of a ring turns as it grows next. */
static void requests_from_one_on(void)
{
    requests(RECORDS / 7, 0, 1, 2500);
}

/* The same with the records themselves in the ring, which is not let run full. */
static void samples_by_sequence(void)
{
    struct {
        struct record *ring;
        uint32_t size, oldest, next;
    } *window = must(calloc(1, sizeof *window));
    window->size = LEAST;
    window->oldest = window->next = 77777;
    window->ring = must(calloc(LEAST, sizeof *window->ring));
    for (unsigned i = 0; i < RECORDS; i++) {
        if (window->next - window->oldest == window->size - 1) {
            struct record *larger = must(calloc(2 * window->size, sizeof *larger));
            for (uint32_t n = window->oldest; n != window->next; n++)
                larger[n % (2 * window->size)] = window->ring[n % window->size];
            free(window->ring);
            window->ring = larger;
            window->size *= 2;
        }
        window->ring[window->next % window->size] =
            (struct record){window->next, 1, decoy_random()};
        window->next++;
    }
    decoy_look("samples by sequence", window->ring);
    for (uint32_t n = window->oldest; n != window->next; n++) {
        if (n % 100 != 0)
            window->ring[n % window->size] = (struct record){0};
    }
    decoy_look("samples by sequence, nearly all taken", window->ring);
    free(window->ring);
    free(window);
}

/* A handle is a place and how often it was given; some are given back before the array is full. */
#define PLACE_BITS 20u
static void handles_with_generations(void)
{
    struct handle {
        uint32_t handle, next_free;
        void *object;
    };
    struct {
        struct handle *handles;
        uint32_t size, taken, first_free;
    } *pool = must(calloc(1, sizeof *pool));
    pool->size = LEAST;
    pool->first_free = UINT32_MAX;
    pool->handles = must(calloc(LEAST, sizeof *pool->handles));
    for (unsigned i = 0; i < RECORDS; i++) {
        uint32_t place = pool->first_free;
        if (place != UINT32_MAX) {
            pool->first_free = pool->handles[place].next_free;
        } else {
            if (pool->taken == pool->size) {
                struct handle *larger = must(calloc(2 * pool->size, sizeof *larger));
                memcpy(larger, pool->handles, pool->size * sizeof *larger);
                free(pool->handles);
                pool->handles = larger;
                pool->size *= 2;
            }
            place = pool->taken++;
            pool->handles[place].handle = place;
        }
        pool->handles[place].object = decoy_object();
        uint32_t victim = (uint32_t)(decoy_random() % pool->taken);
        if (i % 3 == 0 && pool->handles[victim].object != NULL) {
            pool->handles[victim].handle += 1u << PLACE_BITS;
            pool->handles[victim].object = NULL;
            pool->handles[victim].next_free = pool->first_free;
            pool->first_free = victim;
        }
    }
    decoy_look("handles with generations", pool->handles);
    for (uint32_t place = 0; place < pool->taken; place++) {
        if (place % 100 != 0 && pool->handles[place].object != NULL) {
            pool->handles[place].handle += 1u << PLACE_BITS;
            pool->handles[place].object = NULL;
            pool->handles[place].next_free = pool->first_free;
            pool->first_free = place;
        }
    }
    decoy_look("handles with generations, nearly all given back", pool->handles);
    free(pool->handles);
    free(pool);
}

/* Orders of a day, from its first number on. */
static void orders_from_a_number_on(void)
{
    struct {
        struct record *orders;
        uint32_t size, count, first;
    } *day = must(calloc(1, sizeof *day));
    day->size = LEAST;
    day->first = 5000017;
    day->orders = must(calloc(LEAST, sizeof *day->orders));
    for (unsigned i = 0; i < RECORDS; i++) {
        if (day->count == day->size) {
            struct record *larger = must(calloc(2 * day->size, sizeof *larger));
            memcpy(larger, day->orders, day->size * sizeof *larger);
            free(day->orders);
            day->orders = larger;
            day->size *= 2;
        }
        day->orders[day->count] = (struct record){day->first + day->count, 2, decoy_random()};
        day->count++;
    }
    decoy_look("orders from a number on", day->orders);
    for (uint32_t i = 0; i < day->count; i++) {
        if (i % 100 != 0)
            day->orders[i] = (struct record){0};
    }
    decoy_look("orders from a number on, nearly all done", day->orders);
    free(day->orders);
    free(day);
}

/* Inodes by their numbers, of which every fourth or so is there. */
static void objects_by_number(void)
{
    struct {
        struct record **objects;
        uint32_t size, count;
    } *table = must(calloc(1, sizeof *table));
    table->size = LEAST;
    table->objects = must(calloc(LEAST, sizeof *table->objects));
    for (uint32_t i = 0; i < RECORDS / 2; i++) {
        uint32_t number = 4 * i + (uint32_t)(decoy_random() % 4);
        while (number >= table->size) {
            struct record **larger = must(calloc(2 * table->size, sizeof *larger));
            memcpy(larger, table->objects, table->size * sizeof *larger);
            free(table->objects);
            table->objects = larger;
            table->size *= 2;
        }
        struct record *record = must(calloc(1, sizeof *record));
        record->number = number;
        table->objects[number] = record;
        table->count++;
    }
    decoy_look("objects by number", table->objects);
    for (uint32_t number = 0; number < table->size; number++) {
        if (number % 100 != 0) {
            free(table->objects[number]);
            table->objects[number] = NULL;
        }
    }
    decoy_look("objects by number, nearly all gone", table->objects);
    for (uint32_t number = 0; number < table->size; number++)
        free(table->objects[number]);
    free(table->objects);
    free(table);
}

struct rates {
    struct record *seconds;
    uint32_t size, now;
};

static void enlarge_rates(struct rates *rates, uint32_t size)
{
    struct record *larger = must(calloc(size, sizeof *larger));
    for (uint32_t i = 0; i < rates->size; i++) {
        struct record *there = &larger[rates->seconds[i].number % size];
        if (rates->seconds[i].state != 0 && there->number < rates->seconds[i].number)
            *there = rates->seconds[i];
    }
    free(rates->seconds);
    rates->seconds = larger;
    rates->size = size;
}

/* Counters by second, of seconds in which something came: what nothing has come over since stays
 * there from rounds before, also as the ring is made for a longer time. Of so many percent of its
 * seconds between two of these moments, and something comes in so many percent of them. */
static void rates_by_second(uint32_t going_round, uint32_t something, uint32_t times)
{
    struct rates *rates = must(calloc(1, sizeof *rates));
    rates->size = 3600;
    rates->now = 1700000000;
    rates->seconds = must(calloc(rates->size, sizeof *rates->seconds));
    for (;;) {
        for (uint64_t i = 0; i < (uint64_t)rates->size * going_round / 100; i++) {
            if (decoy_random() % 100 < something)
                rates->seconds[rates->now % rates->size] =
                    (struct record){rates->now, 1, decoy_random() % 100};
            rates->now++;
        }
        if (rates->size * times > RECORDS)
            break;
        enlarge_rates(rates, rates->size * times);
    }
    decoy_look("seconds with something", rates->seconds);
    for (uint32_t i = 0; i < rates->size; i++) {
        if (rates->seconds[i].number + rates->size / 80 < rates->now)
            rates->seconds[i] = (struct record){0};
    }
    decoy_look("seconds with something, the last ones", rates->seconds);
    free(rates->seconds);
    free(rates);
}

static void seconds_with_something(void)
{
    rates_by_second(270, 75, 3);
}

/* The ring has room where no round has come over yet, as a table has. */
static void seconds_of_a_round(void)
{
    rates_by_second(105, 60, 2);
    rates_by_second(120, 60, 2);
    rates_by_second(120, 50, 2);
}

/* Records of a log where their numbers lead, of which one in twenty is left out. */
static void log_with_gaps(void)
{
    struct written {
        uint64_t number;
        uint32_t bytes, checksum;
        uint64_t time;
    };
    struct {
        struct written *records;
        uint64_t next;
        uint32_t size;
    } *log = must(calloc(1, sizeof *log));
    log->size = 1024;
    log->records = must(calloc(log->size, sizeof *log->records));
    for (;;) {
        for (uint32_t i = 0; i < log->size + log->size / 2; i++) {
            log->next += decoy_random() % 20 == 0 ? 2 : 1;
            log->records[log->next % log->size] =
                (struct written){log->next, (uint32_t)(decoy_random() % 500),
                                 (uint32_t)decoy_random(), log->next * 7};
        }
        if (log->size >= 1u << 17)
            break;
        struct written *larger = must(calloc(2 * log->size, sizeof *larger));
        for (uint32_t i = 0; i < log->size; i++)
            larger[log->records[i].number % (2 * log->size)] = log->records[i];
        free(log->records);
        log->records = larger;
        log->size *= 2;
    }
    decoy_look("log with gaps", log->records);
    for (uint32_t i = 0; i < log->size; i++) {
        if (log->records[i].number + log->size / 80 < log->next)
            log->records[i] = (struct written){0};
    }
    decoy_look("log with gaps, nearly all written", log->records);
    free(log->records);
    free(log);
}

int main(int argc, char **argv)
{
    static const struct decoy_case cases[] = {
        {"requests-in-flight", requests_in_flight},
        {"requests-from-one-on", requests_from_one_on},
        {"samples-by-sequence", samples_by_sequence},
        {"handles-with-generations", handles_with_generations},
        {"orders-from-a-number-on", orders_from_a_number_on},
        {"objects-by-number", objects_by_number},
        {"seconds-with-something", seconds_with_something},
        {"seconds-of-a-round", seconds_of_a_round},
        {"log-with-gaps", log_with_gaps},
        {NULL, NULL},
    };
    return decoy_main(argc, argv, cases);
}
