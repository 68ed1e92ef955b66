# SPDX-License-Identifier: Apache-2.0
# Node: npm init, a local package installed, a script and a child process run
mkdir -p l && cd l && npm init -y > /dev/null && cd ..
mkdir -p m && cd m && npm init -y > /dev/null
npm install --offline --no-audit --no-fund ../l
npm pkg set scripts.x='sh -c "echo x"' && npm run x
node -e 'require("child_process").execSync("ls")'
