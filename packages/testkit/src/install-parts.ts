import { DEBIAN_PACKAGES, missingDebianPackage } from './debian-package.ts';

// Run before the suites: installs what they need while nothing is being timed, and says what will be skipped.
for (const name of DEBIAN_PACKAGES) await missingDebianPackage(name);
