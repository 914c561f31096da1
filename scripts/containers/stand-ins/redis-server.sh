#!/bin/sh
# Like the official image's redis-server: accepts connections from other containers without a password.
exec /usr/bin/redis-server "$@" --protected-mode no
