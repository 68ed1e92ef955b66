# SPDX-License-Identifier: Apache-2.0
# Compilers and make: a C program and a shared library built, tested, installed below /usr/local
printf 'int f(void){return 1;}\n' > f.c
printf 'int f(void);int main(void){return f()-1;}\n' > m.c
printf 'all: m\nlibf.so: f.c\n\tgcc -O2 -shared -fPIC -o $@ $<\nm: m.c libf.so\n\tgcc -O2 -o $@ $< -L. -lf -Wl,-rpath,$(PWD)\ntest: m\n\t./m\n' > Makefile
make -j2
make test
strip m
strace -o trace ./m || true
gdb -batch -ex run -ex bt ./m || true
install -m 755 m /opt/m
