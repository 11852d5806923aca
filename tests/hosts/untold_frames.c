/*
 * A program with unwinding information that nobody can use: there is no table of it, and it does
 * not end, as in what tcc makes. libunwind reads on behind its end, where there is something else,
 * and follows that to an address where there is nothing. Linked with -nostartfiles: crt1.o and
 * crtend.o would end it.
 */
#include "host.h"

/* What ld puts behind .eh_frame. Read on: entries whose common part lies 256 MiB before them. */
__attribute__((section(".gcc_except_table"), aligned(4), used)) static const uint32_t behind[64] = {
    0x14, 0x10000000, 0, 0, 0, 0, 0x14, 0x10000000, 0, 0, 0, 0, 0x14, 0x10000000,
};

/* What crt1.o does (glibc, sysdeps/x86_64/start.S). */
__asm__(".globl _start\n"
        "_start: xor %ebp, %ebp\n"
        "        mov %rdx, %r9\n"
        "        pop %rsi\n"
        "        mov %rsp, %rdx\n"
        "        and $-16, %rsp\n"
        "        push %rax\n"
        "        push %rsp\n"
        "        xor %r8d, %r8d\n"
        "        xor %ecx, %ecx\n"
        "        lea main(%rip), %rdi\n"
        "        call *__libc_start_main@GOTPCREL(%rip)\n"
        "        hlt\n");

int main(void)
{
    host_work(50000);
    host_describe();
    return 0;
}
