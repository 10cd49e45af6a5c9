import { describeOracle } from './suite.js'

describeOracle('QEMU and virtfs, message by message', ['mapped-file'])
