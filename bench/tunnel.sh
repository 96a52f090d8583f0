#!/bin/sh
# What the sandbox's proxy adds to a request, a new connection each time. Needs build/release/sandbox_test (`./test unit` builds it).
cd "$(dirname "$0")/.." && exec build/release/sandbox_test --gtest_brief=1 --gtest_also_run_disabled_tests --gtest_filter='EgressTest.*WhatTheProxyAdds'
