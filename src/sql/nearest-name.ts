// "Did you mean …?": the known name that is nearest to a misspelt one.
// Near means: at most a third of the letters wrong, at least one.

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(previous[j - 1]! + (same ? 0 : 1), previous[j]! + 1, current[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforePrevious[j - 2]! + 1)
      }
      current.push(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}

/** The nearest of `names`, or null when none is near enough to be meant. Case does not count. */
function nearestName(name: string, names: Iterable<string>): string | null {
  const wanted = name.toLowerCase()
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const other of names) {
    if (Math.abs(other.length - wanted.length) >= bestDistance) continue
    const distance = editDistance(wanted, other.toLowerCase())
    if (distance < bestDistance) {
      best = other
      bestDistance = distance
    }
  }
  return best
}

/** A hint for an unknown name, or undefined. */
export function didYouMean(name: string, names: Iterable<string>): string | undefined {
  const nearest = nearestName(name, names)
  return nearest === null ? undefined : `Did you mean "${nearest}"?`
}
