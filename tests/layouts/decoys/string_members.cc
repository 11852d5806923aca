// Slots that each have a std::string, in which nothing is hashed: records that are numbered, also
// by what their names say, lists in order, a pool. Full, then nearly empty; short names leave their
// letters in the slots, and each empty string points at itself.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "decoy.h"

namespace
{

constexpr std::size_t SLOTS = 1u << 16;
constexpr unsigned KEPT_OF = 100;

struct Record {
    std::string name;
    std::uint64_t value = 0;
    std::uint32_t opened = 0, moved = 0;
};

std::string name_of(std::size_t number)
{
    return number % 3 ? "n" + std::to_string(number)
                      : "records/of/members/" + std::to_string(number);
}

std::size_t number_in(const std::string &name)
{
    return std::stoul(name.substr(name.find_last_not_of("0123456789") + 1));
}

void empty_most(std::vector<Record> &records)
{
    for (Record &record : records)
        if (decoy_random() % KEPT_OF != 0)
            record = Record();
}

Record new_record(const std::string &name)
{
    Record record;
    record.name = name;
    record.value = decoy_random();
    record.opened = static_cast<std::uint32_t>(decoy_random());
    return record;
}

template <typename Place> void numbered(const char *what, Place place)
{
    std::vector<Record> records(SLOTS);
    for (std::size_t i = 0; i < SLOTS; i++) {
        const std::string name = name_of(i);
        records[place(name)] = new_record(name);
    }
    decoy_look(what, records.data());
    empty_most(records);
    decoy_look(what, records.data());
}

APART std::size_t by_number(const std::string &name)
{
    return number_in(name) & (SLOTS - 1);
}

// One to one.
APART std::size_t scrambled(const std::string &name)
{
    std::size_t number = number_in(name) & (SLOTS - 1);
    number = number * 0x9e37 & (SLOTS - 1);
    number ^= number >> 9;
    return number * 0x2c1b & (SLOTS - 1);
}

void by_numbers()
{
    numbered("records by the numbers in their names", by_number);
}

void by_scrambled_numbers()
{
    numbered("records by scrambled numbers", scrambled);
}

void in_order()
{
    std::vector<Record> records;
    for (std::size_t i = 0; i < SLOTS; i++)
        records.push_back(new_record(name_of(decoy_random() % 1000000)));
    std::sort(records.begin(), records.end(),
              [](const Record &a, const Record &b) { return a.name < b.name; });
    decoy_look("records in the order of their names", records.data());
    empty_most(records);
    decoy_look("records in the order of their names", records.data());
}

// The free ones are found by a list, and have what was there before.
void in_pool()
{
    std::vector<Record> records(SLOTS);
    std::vector<std::uint32_t> free_ones;
    for (std::uint32_t i = 0; i < SLOTS; i++)
        free_ones.push_back(i);
    for (std::uint32_t i = SLOTS - 1; i > 0; i--)
        std::swap(free_ones[i], free_ones[decoy_random() % (i + 1)]);
    for (std::size_t i = 0; i < SLOTS / 2; i++) {
        records[free_ones.back()] = new_record(name_of(i));
        free_ones.pop_back();
    }
    decoy_look("records of a pool", records.data());
    empty_most(records);
    decoy_look("records of a pool", records.data());
}

// Each name has the one place that a hash gives it, and takes it from who was there: not a table
// that would lose nothing if it were smaller.
void one_each()
{
    std::vector<Record> records(SLOTS);
    for (std::size_t i = 0; i < 2 * SLOTS; i++) {
        const std::string name = name_of(i);
        records[std::hash<std::string>()(name) & (SLOTS - 1)] = new_record(name);
    }
    decoy_look("cache of one record in each slot", records.data());
}

} // namespace

int main(int argc, char **argv)
{
    const decoy_case cases[] = {
        {"by-numbers", by_numbers}, {"by-scrambled-numbers", by_scrambled_numbers},
        {"in-order", in_order},     {"in-pool", in_pool},
        {"one-each", one_each},     {nullptr, nullptr},
    };
    return decoy_main(argc, argv, cases);
}
