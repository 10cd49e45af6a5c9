// Ranges of ids, as users write them behind --map-uid and --map-gid.

import { describe, expect, it } from 'vitest'
import { parseId, parseIdRanges } from '../../src/ownership/id-range-syntax.js'

const parse = (uids: readonly string[], gids: readonly string[] = []) => parseIdRanges({ uids, gids })
const range = { guest: 0, host: 100_000, count: 65_536 }

describe('ranges', () => {
  it('are read as they are written', () => {
    expect(parse(['0:100000:65536', '65536:1000:1'], ['0:0:4294967295'])).toEqual({
      uids: [range, { guest: 65_536, host: 1000, count: 1 }],
      gids: [{ guest: 0, host: 0, count: 4_294_967_295 }],
    })
    expect(parse([])).toEqual({ uids: [], gids: [] })
  })

  it.each([
    ['virtiofsd', ['map:0:100000:65536'], ['map:0:100000:65536']],
    ['fuidshift, each by itself', ['u:0:100000:65536'], ['g:0:100000:65536']],
    ['fuidshift, both behind one flag', ['b:0:100000:65536'], []],
    ['fuidshift, both behind the other flag', [], ['b:0:100000:65536']],
    ['fuidshift, both behind both flags', ['b:0:100000:65536'], ['b:0:100000:65536']],
    ['all of them, each of which says the same', ['0:100000:65536', 'b:0:100000:65536'], ['map:0:100000:65536']],
  ])('may be written as for %s', (_whose, uids, gids) => {
    expect(parse(uids, gids)).toEqual({ uids: [range], gids: [range] })
  })

  it.each([
    '',
    '0',
    '0:1',
    '0:1:',
    '0:1:0',
    'a:b:c',
    '-1:0:1',
    '0:0:1:1',
    '0x0:0:1',
    '0:0:4294967296',
    '1:0:4294967295',
    '0:1:4294967295',
    ' 0:1:1',
    'b:0:1:0',
    'b:0:1',
    'B:0:1:1',
    'ub:0:1:1',
    'guest:0:1:1',
    'map:b:0:1:1',
    'map:0:1:4294967295',
  ])('refuse %j in words, before anything is done', (text) => {
    expect(() => parse([text])).toThrow(`Cannot use --map-uid ${text}: `)
    expect(() => parse([], [text])).toThrow(`Cannot use --map-gid ${text}: `)
  })

  it('of the wrong kind are refused, naming the flag that they are for', () => {
    expect(() => parse(['g:0:1:1'])).toThrow(
      'Cannot use --map-uid g:0:1:1: g: is for group ids (write --map-gid g:0:1:1)',
    )
    expect(() => parse([], ['u:0:1:1'])).toThrow(
      'Cannot use --map-gid u:0:1:1: u: is for user ids (write --map-uid u:0:1:1)',
    )
  })

  it.each([
    [['0:100000:10', '9:200000:1'], [], '--map-uid 0:100000:10 with --map-uid 9:200000:1: both have guest id 9'],
    [['5:100000:10', '0:100009:1'], [], '--map-uid 5:100000:10 with --map-uid 0:100009:1: both have host id 100009'],
    [['b:0:100000:10'], ['9:200000:1'], '--map-uid b:0:100000:10 with --map-gid 9:200000:1: both have guest id 9'],
    [['0:0:1', '0:0:2'], [], '--map-uid 0:0:1 with --map-uid 0:0:2: both have guest id 0'],
  ])('%j and %j are refused, since they say two things of an id', (uids, gids, what) => {
    expect(() => parse(uids, gids)).toThrow(`Cannot use ${what}`)
  })

  it('of users and of groups have nothing to do with each other', () => {
    expect(parse(['0:5:1'], ['0:6:1'])).toEqual({
      uids: [{ guest: 0, host: 5, count: 1 }],
      gids: [{ guest: 0, host: 6, count: 1 }],
    })
  })
})

it('single ids are read, and refused alike', () => {
  expect([parseId('--anon-uid', '0'), parseId('--anon-uid', '4294967294')]).toEqual([0, 4_294_967_294])
  for (const text of ['', '-1', '4294967295', '1e3', 'nobody'])
    expect(() => parseId('--anon-uid', text)).toThrow('Cannot use --anon-uid')
})
