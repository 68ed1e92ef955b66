# SPDX-License-Identifier: Apache-2.0
# git: a repository made, committed to, cloned, rebased, packed; hooks
git init -q a && cd a
git config user.email a@example.invalid && git config user.name a
echo 1 > x && git add x && git commit -q -m one
printf '#!/bin/sh\nexit 0\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
echo 2 > x && git commit -q -a -m two
git checkout -q -b other HEAD~1 && echo 3 > y && git add y && git commit -q -m three
git rebase -q master || git rebase -q main
git gc -q && git log --oneline && git grep -n 3
cd .. && git clone -q a b && git -C b fsck && git -C b archive HEAD | tar t
