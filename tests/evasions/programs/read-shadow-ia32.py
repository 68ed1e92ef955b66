# SPDX-License-Identifier: Apache-2.0
# technique: A 64-bit program opens /etc/shadow through the interface of 32-bit programs (int 0x80)
# alert: Sensitive file read
# field: fd.name=/etc/shadow
import pathlib
import subprocess

pathlib.Path("x.c").write_text(
    r"""
#include <string.h>
#include <sys/mman.h>
int main(void)
{
    char *p = mmap((void *)0x10000000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    long r = 5;
    strcpy(p, "/etc/shadow");
    __asm__ volatile("int $0x80" : "+a"(r) : "b"((long)p), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
    return r < 0;
}
"""
)
subprocess.run(["cc", "-o", "x", "x.c"], check=True)
subprocess.run(["./x"], check=True)
