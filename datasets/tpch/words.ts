// The word lists of the TPC-H schema (TPC Benchmark H, revision 3.0.1, clauses 4.2.2.13 and 4.2.3) and the
// pseudo text made of them by the grammar of clause 4.2.2.14: sentences are cut from one long text, so that a
// comment begins and ends anywhere. The weights make the words that the queries look for as frequent as they
// have to be (Q13 `special … requests`, Q9 `green`, Q20 `forest`).
import { Random } from '../../src/base/random.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

export const COLOURS = words(`almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood
  burnished chartreuse chiffon chocolate coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick
  floral forest frosted gainsboro ghost goldenrod green grey honeydew hot indian ivory khaki lace lavender lawn
  lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive orange
  orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell
  sienna sky slate smoke snow spring steel tan thistle tomato turquoise violet wheat white yellow`)

export const TYPES = [
  words('STANDARD SMALL MEDIUM LARGE ECONOMY PROMO'), words('ANODIZED BURNISHED PLATED POLISHED BRUSHED'),
  words('TIN NICKEL BRASS STEEL COPPER'),
] as const
export const CONTAINERS = [
  words('SM LG MED JUMBO WRAP'), words('CASE BOX BAG JAR PKG PACK CAN DRUM'),
] as const
export const SEGMENTS = words('AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD')
export const PRIORITIES = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW']
export const INSTRUCTIONS = ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN']
export const MODES = ['REG AIR', 'AIR', 'RAIL', 'SHIP', 'TRUCK', 'MAIL', 'FOB']

export const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST']
/** Name and region, by nation key. */
export const NATIONS: readonly (readonly [string, number])[] = [
  ['ALGERIA', 0], ['ARGENTINA', 1], ['BRAZIL', 1], ['CANADA', 1], ['EGYPT', 4], ['ETHIOPIA', 0], ['FRANCE', 3],
  ['GERMANY', 3], ['INDIA', 2], ['INDONESIA', 2], ['IRAN', 4], ['IRAQ', 4], ['JAPAN', 2], ['JORDAN', 4],
  ['KENYA', 0], ['MOROCCO', 0], ['MOZAMBIQUE', 0], ['PERU', 1], ['CHINA', 2], ['ROMANIA', 3], ['SAUDI ARABIA', 4],
  ['VIETNAM', 2], ['RUSSIA', 3], ['UNITED KINGDOM', 3], ['UNITED STATES', 1],
]

/** Words with weights: `word:weight`, underscores are blanks. */
function weighted(text: string): string[] {
  return words(text).flatMap((one) => {
    const [word, weight] = one.split(':') as [string, string | undefined]
    return new Array<string>(Number(weight ?? 1)).fill(word.replaceAll('_', ' '))
  })
}

const NOUNS = weighted(`packages:40 requests:40 accounts:40 deposits:40 foxes:20 ideas:20 theodolites:20
  pinto_beans:20 instructions:20 dependencies:10 excuses:10 platelets:10 asymptotes:10 courts:5 dolphins:5
  multipliers sauternes warthogs frets dinos attainments somas Tiresias' patterns forges braids hockey_players frays
  warhorses dugouts notornis epitaphs pearls tithes waters orbits gifts sheaves depths sentiments decoys realms
  pains grouches escapades`)
const VERBS = weighted(`sleep:20 wake:20 are:20 cajole:20 haggle:20 nag:10 use:10 boost:10 affix:5 detect:5
  integrate:5 maintain nod was lose sublate solve thrash promise engage hinder print x-ray breach eat grow impress
  mold poach serve run dazzle snooze doze unwind kindle play hang believe doubt`)
const ADJECTIVES = weighted(`special:20 pending:20 unusual:20 express:20 furious sly careful blithe quick fluffy slow
  quiet ruthless thin close dogged daring brave stealthy permanent enticing idle busy regular:50 final:40 ironic:40
  even:30 bold:20 silent:10`)
const ADVERBS = weighted(`sometimes always never furiously:50 slyly:50 carefully:50 blithely:40 quickly:30 fluffily:20
  slowly quietly ruthlessly thinly closely doggedly daringly bravely stealthily permanently enticingly idly busily
  regularly finally ironically evenly boldly silently`)
const PREPOSITIONS = weighted(`about:50 above:50 according_to:50 across:50 after:50 against:40 along:40
  alongside_of:30 among:30 around:20 at:10 atop before behind beneath beside besides between beyond by despite during
  except for from in_place_of inside instead_of into near of on outside over past since through throughout to toward
  under until up upon without with within`)
const AUXILIARIES = weighted(`do may might shall will would can could should ought_to must will_have_to
  shall_have_to could_have_to should_have_to must_have_to need_to try_to`)
const TERMINATORS = weighted('.:50 ; ? ! -- :')

function phrase(random: Random): string {
  const noun = random.pick(NOUNS)
  switch (random.below(4)) {
    case 0: return noun
    case 1: return `${random.pick(ADJECTIVES)} ${noun}`
    case 2: return `${random.pick(ADJECTIVES)}, ${random.pick(ADJECTIVES)} ${noun}`
    default: return `${random.pick(ADVERBS)} ${random.pick(ADJECTIVES)} ${noun}`
  }
}

function verbPhrase(random: Random): string {
  const verb = random.pick(VERBS)
  switch (random.below(4)) {
    case 0: return verb
    case 1: return `${random.pick(AUXILIARIES)} ${verb}`
    case 2: return `${verb} ${random.pick(ADVERBS)}`
    default: return `${random.pick(AUXILIARIES)} ${verb} ${random.pick(ADVERBS)}`
  }
}

function sentence(random: Random): string {
  const place = (): string => `${random.pick(PREPOSITIONS)} the ${phrase(random)}`
  const end = random.pick(TERMINATORS)
  switch (random.below(5)) {
    case 0: return `${phrase(random)} ${verbPhrase(random)}${end}`
    case 1: return `${phrase(random)} ${verbPhrase(random)} ${place()}${end}`
    case 2: return `${phrase(random)} ${verbPhrase(random)} ${phrase(random)}${end}`
    case 3: return `${phrase(random)} ${place()} ${verbPhrase(random)} ${phrase(random)}${end}`
    default: return `${phrase(random)} ${place()} ${verbPhrase(random)} ${place()}${end}`
  }
}

const POOL_CHARACTERS = 3 << 20
let pool = ''

/** The text that comments are cut from; made once, in about 0.2 s. */
function textPool(): string {
  if (pool !== '') return pool
  const random = new Random(4_2_2_14)
  const parts: string[] = []
  for (let length = 0; length < POOL_CHARACTERS;) {
    const next = `${sentence(random)} `
    parts.push(next)
    length += next.length
  }
  pool = parts.join('')
  return pool
}

/** Cuts comments out of the text: clause 4.2.2.10, length uniform in [min, max]. */
export function commentMaker(random: Random): (min: number, max: number) => string {
  const text = textPool()
  return (min, max) => {
    const length = random.between(min, max)
    const begin = random.below(text.length - length)
    return text.slice(begin, begin + length)
  }
}

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,.'

/** Random characters, clause 4.2.2.7: length uniform in [10, 40]. */
export function address(random: Random): string {
  const length = random.between(10, 40)
  let text = ''
  for (let i = 0; i < length; i++) text += ALPHABET[random.below(ALPHABET.length)]
  return text
}

/** Clause 4.2.2.9: the country code follows from the nation. */
export function phone(random: Random, nation: number): string {
  return `${nation + 10}-${random.between(100, 999)}-${random.between(100, 999)}-${random.between(1000, 9999)}`
}

/** `prefix` and the number with nine digits. */
export function numbered(prefix: string, value: number): string {
  return prefix + String(value).padStart(9, '0')
}
