/*
 * 128 bytes in the static block of thread-local variables: see static_tls.c.
 */
char *static_tls_block(void);

static __thread char block[128] __attribute__((tls_model("initial-exec")));

char *static_tls_block(void)
{
    return block;
}
