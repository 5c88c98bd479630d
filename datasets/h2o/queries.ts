// The ten group-by and five join questions of the H2O.ai database-like ops benchmark. The benchmark creates a
// table from every answer and then checks the sums of its values; here the large answers of the joins are summed
// by the question itself, so that what is timed is the engine and not the transfer of a million rows. The
// group-by questions give their rows, those of high cardinality (G3, G5, G7, G8, G10) included.
import type { NamedQuery } from '../tpch/queries.ts'

const GROUP_BY = [
  'select id1, sum(v1) as v1 from g group by id1',
  'select id1, id2, sum(v1) as v1 from g group by id1, id2',
  'select id3, sum(v1) as v1, avg(v3) as v3 from g group by id3',
  'select id4, avg(v1) as v1, avg(v2) as v2, avg(v3) as v3 from g group by id4',
  'select id6, sum(v1) as v1, sum(v2) as v2, sum(v3) as v3 from g group by id6',
  'select id4, id5, median(v3) as median_v3, stddev(v3) as sd_v3 from g group by id4, id5',
  'select id3, max(v1) - min(v2) as range_v1_v2 from g group by id3',
  `select id6, largest2_v3 from (
  select id6, v3 as largest2_v3, row_number() over (partition by id6 order by v3 desc) as order_v3 from g
  where v3 is not null) as sub
where order_v3 <= 2`,
  'select id2, id4, power(corr(v1, v2), 2) as r2 from g group by id2, id4',
  `select id1, id2, id3, id4, id5, id6, sum(v3) as v3, count(*) as count from g
group by id1, id2, id3, id4, id5, id6`,
]

const JOINS = [
  ['small.id4 as small_id4, v2', 'join small using (id1)'],
  ['medium.id1 as medium_id1, medium.id4 as medium_id4, medium.id5 as medium_id5, v2', 'join medium using (id2)'],
  ['medium.id1 as medium_id1, medium.id4 as medium_id4, medium.id5 as medium_id5, v2', 'left join medium using (id2)'],
  ['medium.id1 as medium_id1, medium.id2 as medium_id2, medium.id4 as medium_id4, v2', 'join medium using (id5)'],
  [`big.id1 as big_id1, big.id2 as big_id2, big.id4 as big_id4, big.id5 as big_id5, big.id6 as big_id6, v2`,
    'join big using (id3)'],
].map(([columns, join]) => `
select count(*), sum(v1), sum(v2) from (select x.*, ${columns} from x ${join}) as answer`.trim())

/** G1 to G10 and J1 to J5. */
export function h2oQueries(): NamedQuery[] {
  return [
    ...GROUP_BY.map((sql, i) => ({ name: `G${i + 1}`, sql })), ...JOINS.map((sql, i) => ({ name: `J${i + 1}`, sql })),
  ]
}
