# SPDX-License-Identifier: Apache-2.0
# Downloads: a file fetched from a web server on this machine with curl and wget, checked, unpacked
mkdir www && echo x > www/x && tar czf www/x.tgz www/x
python3 -m http.server -b 127.0.0.1 -d www 18573 & server=$!
for n in 1 2 3 4 5 6 7 8 9; do curl -sf localhost:18573/x > /dev/null && break || sleep 0.3; done
curl -sf -O localhost:18573/x.tgz
wget -q localhost:18573/x -O y
sha256sum x.tgz y && tar xzf x.tgz
kill $server
