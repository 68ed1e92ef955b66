# SPDX-License-Identifier: Apache-2.0
# technique: A miner (a stand-in) starts with the address of its pool
# alert: Miner of coins started
# field: proc.args=*stratum*
cp /bin/true x; ./x -o stratum+tcp://pool.example:3333 -u wallet
