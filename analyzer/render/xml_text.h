/* Text of others in XML 1.0: any bytes in, always well-formed out. */
#ifndef HASHTRACK_XML_TEXT_H
#define HASHTRACK_XML_TEXT_H

#include <stdio.h>

/* Writes `text` as the content of an element. What is not UTF-8 and characters that XML has no way
 * to write become \xNN; line ends and tabs stay. */
void xml_text(FILE *out, const char *text);

/* The same as the value of an attribute in double quotes. */
void xml_attribute(FILE *out, const char *text);

#endif
