#!/usr/bin/env node
import '@posthorn/runtime/supported-node';

await import('../dist/main.js');
