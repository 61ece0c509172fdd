/**
 * A rule says where it can end in a text, for all places at which it may begin: all ways are followed at once and no
 * place is looked at twice, so that the work grows with the length of the text, whatever it holds.
 */
export type Rule = (text: string, from: ReadonlySet<number>) => ReadonlySet<number>

const NOWHERE: ReadonlySet<number> = new Set()

/** One of some words. */
export function word(...words: readonly string[]): Rule {
  const byFirst = new Map<string, string[]>()
  for (const each of words) byFirst.set(each[0]!, [...(byFirst.get(each[0]!) ?? []), each])
  return (text, from) => {
    const ends = new Set<number>()
    for (const at of from) {
      for (const each of byFirst.get(text[at] ?? '') ?? [])
        if (text.startsWith(each, at)) ends.add(at + each.length)
    }
    return ends
  }
}

/** One of some characters, each of one UTF-16 code unit; a pattern is tried on that character alone. */
export function oneOf(characters: string | RegExp): Rule {
  const fits =
    typeof characters === 'string'
      ? (character: string) => characters.includes(character)
      : (character: string) => characters.test(character)
  return (text, from) => {
    const ends = new Set<number>()
    for (const at of from) if (at < text.length && fits(text[at]!)) ends.add(at + 1)
    return ends
  }
}

/** One rule after the other. */
export function inTurn(...rules: readonly Rule[]): Rule {
  return (text, from) =>
    rules.reduce((places, rule) => (places.size > 0 ? rule(text, places) : NOWHERE), from)
}

/** Any of some rules. */
export function either(...rules: readonly Rule[]): Rule {
  return (text, from) => new Set(rules.flatMap((rule) => [...rule(text, from)]))
}

/** A rule, or nothing. */
export function maybe(rule: Rule): Rule {
  return (text, from) => new Set([...from, ...rule(text, from)])
}

/** A rule as often as may be, at least `least` times and at most `most` times. */
export function repeated(rule: Rule, least = 0, most = Number.POSITIVE_INFINITY): Rule {
  return (text, from) => {
    let places = from
    for (let count = 0; count < least; count++) places = rule(text, places)
    const all = new Set(places)
    for (let count = least; count < most && places.size > 0; count++) {
      places = new Set([...rule(text, places)].filter((place) => !all.has(place)))
      for (const place of places) all.add(place)
    }
    return all
  }
}

/** Where a rule can end that begins a text, the farthest first. */
export function endsOf(rule: Rule, text: string, from = 0): number[] {
  return [...rule(text, new Set([from]))].sort((a, b) => b - a)
}

/** Whether a whole text is what a rule says. */
export function isWhole(rule: Rule, text: string): boolean {
  return rule(text, new Set([0])).has(text.length)
}
