#!/bin/sh
exec /usr/lib/vip-elector/bin/node /usr/lib/vip-elector/dist/main.js "$@"
