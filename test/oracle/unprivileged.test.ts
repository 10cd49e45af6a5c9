import { describeOracle } from './suite.js'

describeOracle('QEMU and virtfs without privilege', ['mapped-xattr', 'mapped-file', 'none'], true)
