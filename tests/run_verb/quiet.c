/* Says nothing, so that JSON on stdout stands alone. */
int main(void)
{
    return 0;
}
