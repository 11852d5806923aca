/*
 * Slots with a pointer to a word and what it means, probed by triangular steps, of one size from
 * the beginning. The words' length goes into a hash that is the program's own.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

enum { LEXICON_BITS = 18 };

typedef struct {
    char *word;
    uint64_t meaning;
} lemma_t;

typedef struct {
    lemma_t *lemmas;
    uint64_t words;
} lexicon_t;

static __attribute__((noinline)) uint64_t word_hash(const char *word, size_t length)
{
    uint64_t a = 0x8ebc6af09c88c6e3u ^ length, b = 0x589965cc75374cc3u;
    for (size_t i = 0; i < length; i++) {
        a = (a ^ (uint8_t)word[i]) * 0x1d8e4e27c47d124fu;
        b += a << 9 | a >> 55;
    }
    return a ^ b;
}

static char gone[] = "";

static lemma_t *seek(const lexicon_t *l, const char *word)
{
    uint64_t mask = ((uint64_t)1 << LEXICON_BITS) - 1;
    uint64_t at = word_hash(word, strlen(word)) >> (64 - LEXICON_BITS), step = 0;
    lemma_t *grave = NULL;
    for (;;) {
        lemma_t *lemma = &l->lemmas[at];
        if (lemma->word == NULL)
            return grave != NULL ? grave : lemma;
        if (lemma->word == gone)
            grave = grave != NULL ? grave : lemma;
        else if (strcmp(lemma->word, word) == 0)
            return lemma;
        at = (at + ++step) & mask;
    }
}

static bool has_word(const lemma_t *lemma)
{
    return lemma->word != NULL && lemma->word != gone;
}

static void spell(uint64_t key, char *word)
{
    snprintf(word, 40, "word %llu of them", (unsigned long long)key);
}

static void *create(void)
{
    lexicon_t *l = must(malloc(sizeof(*l)));
    l->words = 0;
    l->lemmas = must(calloc((size_t)1 << LEXICON_BITS, sizeof(*l->lemmas)));
    return l;
}

static void insert(void *table, uint64_t key, uint64_t value)
{
    lexicon_t *l = table;
    char word[40];
    spell(key, word);
    lemma_t *lemma = seek(l, word);
    if (!has_word(lemma)) {
        lemma->word = must(strdup(word));
        l->words++;
    }
    lemma->meaning = value;
}

static bool find(void *table, uint64_t key, uint64_t *value)
{
    char word[40];
    spell(key, word);
    lemma_t *lemma = seek(table, word);
    *value = lemma->meaning;
    return has_word(lemma);
}

static bool erase(void *table, uint64_t key)
{
    lexicon_t *l = table;
    char word[40];
    spell(key, word);
    lemma_t *lemma = seek(l, word);
    if (!has_word(lemma))
        return false;
    free(lemma->word);
    lemma->word = gone;
    lemma->meaning = 0;
    l->words--;
    return true;
}

static void destroy(void *table)
{
    lexicon_t *l = table;
    for (size_t i = 0; i < (size_t)1 << LEXICON_BITS; i++)
        if (has_word(&l->lemmas[i]))
            free(l->lemmas[i].word);
    free(l->lemmas);
    free(l);
}

static struct shape shape(const void *table)
{
    const lexicon_t *l = table;
    struct shape shape = {
        .address = l->lemmas, .capacity = (uint64_t)1 << LEXICON_BITS, .live = l->words};
    for (uint64_t i = 0; i < shape.capacity; i++)
        shape.tombstones += l->lemmas[i].word == gone;
    return shape;
}

int main(int argc, char **argv)
{
    static const struct private_table kind = {.entries = 150000,
                                              .never_grows = true,
                                              .leaves_tombstones = true,
                                              .create = create,
                                              .insert = insert,
                                              .find = find,
                                              .erase = erase,
                                              .destroy = destroy,
                                              .shape = shape};
    return run_scenario(argc, argv, &kind);
}
