/* Has the function by which a program with V8 in it is known. */
void *current_isolate(void) __asm__("_ZN2v87Isolate10GetCurrentEv");

void *current_isolate(void)
{
    return 0;
}

int main(void)
{
    return 0;
}
