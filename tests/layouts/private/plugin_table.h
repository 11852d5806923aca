/* What plugin_host.c asks plugin_table.so for. */
#ifndef PLUGIN_TABLE_H
#define PLUGIN_TABLE_H

#include "scenario.h"

/* Found by dlsym under the name "plugin_table". */
typedef const struct private_table *plugin_table_function(void);

#endif
