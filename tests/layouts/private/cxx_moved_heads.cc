// Owning pointers in a std::vector, each of which is moved out of the old one, so that nothing is
// left there; and what stood in front of a chain is its last then. Numbers are their own hash.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "scenario.h"

namespace
{

struct Card {
    uint64_t number = 0;
    uint64_t shelf = 0;
    std::unique_ptr<Card> next;
};

class Catalogue
{
  public:
    std::vector<std::unique_ptr<Card>> drawers;
    size_t cards = 0;

    Catalogue()
    {
        drawers.resize(32);
    }

    std::unique_ptr<Card> *place(uint64_t number)
    {
        std::unique_ptr<Card> *place = &drawers[number % drawers.size()];
        while (*place && (*place)->number != number)
            place = &(*place)->next;
        return place;
    }

    static void file(std::vector<std::unique_ptr<Card>> &drawers, std::unique_ptr<Card> card)
    {
        std::unique_ptr<Card> &drawer = drawers[card->number % drawers.size()];
        card->next = std::move(drawer);
        drawer = std::move(card);
    }

    void enlarge()
    {
        std::vector<std::unique_ptr<Card>> larger;
        larger.resize(2 * drawers.size());
        for (std::unique_ptr<Card> &drawer : drawers) {
            while (drawer) {
                std::unique_ptr<Card> card = std::move(drawer);
                drawer = std::move(card->next);
                file(larger, std::move(card));
            }
        }
        drawers.swap(larger);
    }

    void add(uint64_t number, uint64_t shelf)
    {
        std::unique_ptr<Card> *known = place(number);
        if (*known) {
            (*known)->shelf = shelf;
            return;
        }
        if (4 * cards >= 3 * drawers.size())
            enlarge();
        auto card = std::make_unique<Card>();
        card->number = number;
        card->shelf = shelf;
        file(drawers, std::move(card));
        cards++;
    }
};

void *create()
{
    return new Catalogue;
}

void insert(void *table, uint64_t key, uint64_t value)
{
    static_cast<Catalogue *>(table)->add(key, value);
}

bool find(void *table, uint64_t key, uint64_t *value)
{
    const std::unique_ptr<Card> &card = *static_cast<Catalogue *>(table)->place(key);
    *value = card ? card->shelf : 0;
    return card != nullptr;
}

bool erase(void *table, uint64_t key)
{
    auto *catalogue = static_cast<Catalogue *>(table);
    std::unique_ptr<Card> &card = *catalogue->place(key);
    if (!card)
        return false;
    std::unique_ptr<Card> rest = std::move(card->next);
    card = std::move(rest);
    catalogue->cards--;
    return true;
}

void destroy(void *table)
{
    delete static_cast<Catalogue *>(table);
}

struct shape shape_of(const void *table)
{
    const auto *catalogue = static_cast<const Catalogue *>(table);
    struct shape shape = {};
    shape.address = catalogue->drawers.data();
    shape.capacity = catalogue->drawers.size();
    shape.live = catalogue->cards;
    return shape;
}

} // namespace

int main(int argc, char **argv)
{
    struct private_table kind = {};
    kind.entries = 300000;
    kind.destroy_empties = true; // the vector's pointers are destroyed before its memory is freed
    kind.create = create;
    kind.insert = insert;
    kind.find = find;
    kind.erase = erase;
    kind.destroy = destroy;
    kind.shape = shape_of;
    return run_scenario(argc, argv, &kind);
}
