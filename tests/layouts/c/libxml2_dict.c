/*
 * xmlDict of libxml2 as a program uses it: strings are added and never removed, so that there is
 * nothing to find but the right numbers. Scenario: full; kinds: the number of strings.
 */
#include "truth.h"

#include <libxml/xmlstring.h>

#include <libxml/dict.h>
#include <string.h>

/* The start of struct _xmlDict, dict.c of libxml2 2.9; checked against xmlDictSize(). */
struct private_dict {
    int references;
    const void *slots;
    size_t size;
    unsigned elements;
};

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "full") != 0)
        unknown_scenario(argc > 1 ? argv[1] : "");
    unsigned long strings = strtoul(argv[2], NULL, 10);
    xmlDict *dict = xmlDictCreate();
    for (unsigned long i = 0; i < strings; i++) {
        char name[32];
        snprintf(name, sizeof(name), "element%lu", i);
        if (xmlDictLookup(dict, (const xmlChar *)name, -1) == NULL)
            abort();
    }
    const struct private_dict *inside = (const void *)dict;
    if (xmlDictSize(dict) != (int)inside->elements || inside->elements != strings)
        abort();
    struct truth truth = {"xmlDict",        inside->slots,     inside->size,
                          inside->elements, TOMBSTONES_UNTOLD, inside->elements};
    HASHTRACK_SNAPSHOT("end");
    print_truth(truth, "ok", "end", false);
    xmlDictFree(dict);
    return 0;
}
