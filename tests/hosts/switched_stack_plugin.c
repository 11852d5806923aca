/* Calls what it is given as Wine's ntdll.so calls what serves a Windows program: its unwinding
 * information says that the frame lies where a word in memory says that %rbp leads to, and %rbp
 * leads nowhere (DW_CFA_def_cfa_expression: DW_OP_breg6 -16; DW_OP_deref). */
__asm__(".text\n"
        ".globl call_switched\n"
        ".type call_switched, @function\n"
        "call_switched:\n"
        "        .cfi_startproc\n"
        "        push %rbp\n"
        "        .cfi_def_cfa_offset 16\n"
        "        .cfi_offset rbp, -16\n"
        "        mov $0xa6, %ebp\n"
        "        .cfi_escape 0x0f, 0x03, 0x76, 0x70, 0x06\n"
        "        call *%rdi\n"
        "        pop %rbp\n"
        "        .cfi_def_cfa rsp, 8\n"
        "        ret\n"
        "        .cfi_endproc\n"
        ".size call_switched, . - call_switched\n");
