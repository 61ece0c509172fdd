import { alignUnits, type CtcAlignment, performed } from '../ctc/align.ts'
import { type Evidence, evidenceOf, fitsOf } from '../ctc/evidence.ts'
import type { JumpCosts } from '../ctc/structure.ts'
import { movementOf } from '../lyrics/movement.ts'
import { confidenceOf } from '../quality/confidence.ts'
import { type Features, featuresOf } from '../quality/features.ts'
import { likelyVisits } from '../quality/prune.ts'
import type { Emissions, LyricLine, Structure, Unit } from '../types.ts'

/** What is sung where, and how far that can be trusted, by visit. */
export type Found = {
  found: CtcAlignment
  evidence: Evidence
  features: Features[]
  confidences: number[]
}

export type SearchOptions = {
  structure: Structure
  jumpCosts?: JumpCosts
  /** Called now and then; throws where the search is to end. */
  checkpoint?: (() => void) | undefined
}

/** Looks for the lyrics in what was heard. */
export function searchSong(
  emissions: Emissions,
  lines: readonly LyricLine[],
  text: readonly Unit[],
  { structure, jumpCosts, checkpoint }: SearchOptions,
): Found {
  const movement = structure === 'free' ? movementOf(lines) : undefined
  const found = alignUnits(emissions, text, { movement, jumpCosts, checkpoint })
  const evidence = evidenceOf(emissions, text, found, checkpoint)
  const features = featuresOf(found, evidence, emissions.hop)
  const confidences = features.map(confidenceOf)
  const isKept = likelyVisits(found.visits, confidences)
  if (isKept.every(Boolean)) return { found, evidence, features, confidences }
  const kept = <T>(values: readonly T[]) => values.filter((_, i) => isKept[i])
  const likely = performed(kept(found.visits), found.letters, emissions)
  return {
    found: likely,
    evidence: { ...evidence, ...fitsOf(emissions, likely) },
    features: kept(features),
    confidences: kept(confidences),
  }
}
