/* What a compiler must be able to link with a sanitizer for the tests with one. */
int main(void)
{
    return 0;
}
