// Names, rates and states in three vectors that grow to one more than twice as many slots. A short
// name lies in its string, and moving it out leaves all but its first byte there: the old array no
// longer holds what the new one does. The rates, which are the same for all, are freed right before
// the names.
#include <cstdint>
#include <string>
#include <vector>

#include "scenario.h"

namespace
{

struct Rate {
    std::uint64_t each, at_least;
};

const Rate usual = {3, 1}; // what the driver's values are

struct Table {
    std::vector<std::string> names = std::vector<std::string>(16);
    std::vector<const Rate *> rates = std::vector<const Rate *>(16);
    std::vector<char> states = std::vector<char>(16);
    std::size_t entries = 0, used = 0;
};

enum { EMPTY, LIVE, ERASED };

std::string name_of(std::uint64_t key)
{
    return "k" + std::to_string(key);
}

std::size_t hash_of(const std::string &name)
{
    std::uint64_t hash = 14695981039346656037u;
    for (unsigned char c : name)
        hash = (hash ^ c) * 1099511628211u;
    return hash ^ hash >> 32;
}

std::size_t search(const Table *table, const std::string &name)
{
    std::size_t at = hash_of(name) % table->states.size();
    while (table->states[at] != EMPTY && (table->states[at] == ERASED || table->names[at] != name))
        at = (at + 1) % table->states.size();
    return at;
}

APART void grow(Table *table)
{
    std::size_t capacity = table->states.size() * 2 + 1;
    std::vector<std::string> names(capacity);
    std::vector<const Rate *> rates(capacity);
    std::vector<char> states(capacity);
    for (std::size_t i = 0; i < table->states.size(); i++) {
        if (table->states[i] != LIVE)
            continue;
        std::size_t at = hash_of(table->names[i]) % capacity;
        while (states[at] != EMPTY)
            at = (at + 1) % capacity;
        names[at] = std::move(table->names[i]);
        rates[at] = table->rates[i];
        states[at] = LIVE;
    }
    table->names.swap(names);
    table->rates.swap(rates);
    table->states.swap(states);
    table->used = table->entries;
}

void *create()
{
    return new Table;
}

void insert(void *opaque, std::uint64_t key, std::uint64_t)
{
    Table *table = static_cast<Table *>(opaque);
    if ((table->used + 1) * 2 > table->states.size())
        grow(table);
    std::string name = name_of(key);
    std::size_t at = search(table, name);
    if (table->states[at] == EMPTY) {
        table->names[at] = std::move(name);
        table->states[at] = LIVE;
        table->entries++;
        table->used++;
    }
    table->rates[at] = &usual;
}

bool find(void *opaque, std::uint64_t key, std::uint64_t *value)
{
    Table *table = static_cast<Table *>(opaque);
    std::size_t at = search(table, name_of(key));
    if (table->states[at] != LIVE)
        return false;
    *value = key * table->rates[at]->each + table->rates[at]->at_least;
    return true;
}

bool erase(void *opaque, std::uint64_t key)
{
    Table *table = static_cast<Table *>(opaque);
    std::size_t at = search(table, name_of(key));
    if (table->states[at] != LIVE)
        return false;
    table->states[at] = ERASED;
    table->names[at].clear();
    table->entries--;
    return true;
}

void destroy(void *opaque)
{
    delete static_cast<Table *>(opaque);
}

shape shape_of(const void *opaque)
{
    const Table *table = static_cast<const Table *>(opaque);
    shape shape = {};
    shape.address = table->names.data();
    shape.others[0] = table->rates.data();
    shape.others[1] = table->states.data();
    shape.capacity = table->states.size();
    shape.live = table->entries;
    shape.tombstones = table->used - table->entries;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    private_table kind = {};
    kind.entries = 300000;
    kind.leaves_tombstones = true;
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
