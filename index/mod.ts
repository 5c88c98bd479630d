// The index folder's only door: everything storage, benches and tools may use, by name. Pure code: arrays in,
// bounds out. README.md explains the idea and the reading order.
export type { ModelKind, SegmentTable } from './segment-table.ts'
export { decodeSegmentTable, encodeSegmentTable, predictRow, segmentTableBytes } from './segment-table.ts'
export type { FitOptions } from './fit.ts'
export { fitSegments, isHard } from './fit.ts'
export { fitSampled, SAMPLE_STRIDE } from './sampled-index.ts'
export type { GroupModel, GroupModelOptions } from './group-model.ts'
export type { PackedModel } from './packed-model.ts'
export { packModels } from './packed-model.ts'
export { decodeGroupModel, encodeGroupModel, fitGroupModel, fitModelOf } from './group-model.ts'
export type { TableModel } from './table-model.ts'
export { findGroup, fitTableModel } from './table-model.ts'
export type { SearchBound } from './learned-index.ts'
export { createSearchBound, searchBound } from './learned-index.ts'
export type { SortedValues } from './last-mile.ts'
export {
  lowerBound, lowerBoundF64, lowerBoundI32, lowerBoundI64, lowerBoundNearF64, lowerBoundNearI32,
  upperBoundF64,
} from './last-mile.ts'
export {
  commonPrefixLength, compareNumbers, compareUtf8, projectBigint, projectBinaryString,
  projectBinaryStringInGroup, projectBytes, projectBytesInGroup, projectNumber, projectString,
  projectStringInGroup,
} from './key-order.ts'
export type { ErrorHistogram, IndexStats } from './index-stats.ts'
export { errorHistogram, indexStats } from './index-stats.ts'
export type { KeyIndex, KeyIndexBuilder, KeyIndexStats } from './key-index.ts'
export { LearnedKeyIndex } from './learned-key-index.ts'
export { SortedArrayIndex } from './baseline/sorted-array-index.ts'
export { BTreeIndex } from './baseline/btree-index.ts'
export type { FitPicture, PictureSize } from './fit-picture.ts'
export { drawErrors, drawFit, sampleFit } from './fit-picture.ts'
