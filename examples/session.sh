#!/bin/sh
# A session with memvec: make a collection, fill it, ask it, change it, look at it. Run it with the new folder's name:
#
#   sh examples/session.sh fruit
set -eu
folder=$1

memvec create "$folder" --dimension 3 --metric cosine

memvec import "$folder" - <<'RECORDS'
{"key": "apple", "vector": [0.9, 0.1, 0.0], "metadata": {"kind": "fruit", "year": 2021}}
{"key": "pear", "vector": [0.8, 0.3, 0.1], "metadata": {"kind": "fruit", "year": 2024}}
{"key": "granite", "vector": [0.0, 0.2, 0.9], "metadata": {"kind": "rock", "year": 2024}}
RECORDS

memvec query "$folder" --vector '[1, 0, 0]' -k 2
memvec query "$folder" --key apple -k 2 --filter '{"year": {"$gte": 2022}}' --json

memvec put "$folder" pear --metadata '{"kind": "fruit", "year": 2025}'
memvec count "$folder" --filter '{"year": 2025}'
memvec delete "$folder" granite
memvec list "$folder"
memvec verify "$folder"
