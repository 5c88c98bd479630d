// The 13 queries of the Star Schema Benchmark in their four flights, with the parameters of the paper. The table
// of days is called `dates`, because DATE is a word of the language.
import type { NamedQuery } from '../tpch/queries.ts'

const FLIGHT_1 = [
  "d_year = 1993 and lo_discount between 1 and 3 and lo_quantity < 25",
  "d_yearmonthnum = 199401 and lo_discount between 4 and 6 and lo_quantity between 26 and 35",
  'd_weeknuminyear = 6 and d_year = 1994 and lo_discount between 5 and 7 and lo_quantity between 26 and 35',
].map((condition) => `
select sum(lo_extendedprice * lo_discount) as revenue
from lineorder, dates
where lo_orderdate = d_datekey and ${condition}`)

const FLIGHT_2 = [
  "p_category = 'MFGR#12' and s_region = 'AMERICA'",
  "p_brand1 between 'MFGR#2221' and 'MFGR#2228' and s_region = 'ASIA'",
  "p_brand1 = 'MFGR#2221' and s_region = 'EUROPE'",
].map((condition) => `
select sum(lo_revenue), d_year, p_brand1
from lineorder, dates, part, supplier
where lo_orderdate = d_datekey and lo_partkey = p_partkey and lo_suppkey = s_suppkey and ${condition}
group by d_year, p_brand1
order by d_year, p_brand1`)

const FLIGHT_3 = [
  ['nation', "c_region = 'ASIA' and s_region = 'ASIA' and d_year >= 1992 and d_year <= 1997"],
  ['city', "c_nation = 'UNITED STATES' and s_nation = 'UNITED STATES' and d_year >= 1992 and d_year <= 1997"],
  ['city', `(c_city = 'UNITED KI1' or c_city = 'UNITED KI5') and (s_city = 'UNITED KI1' or s_city = 'UNITED KI5')
  and d_year >= 1992 and d_year <= 1997`],
  ['city', `(c_city = 'UNITED KI1' or c_city = 'UNITED KI5') and (s_city = 'UNITED KI1' or s_city = 'UNITED KI5')
  and d_yearmonth = 'Dec1997'`],
].map(([level, condition]) => `
select c_${level}, s_${level}, d_year, sum(lo_revenue) as revenue
from customer, lineorder, supplier, dates
where lo_custkey = c_custkey and lo_suppkey = s_suppkey and lo_orderdate = d_datekey and ${condition}
group by c_${level}, s_${level}, d_year
order by d_year asc, revenue desc, c_${level}, s_${level}`)

const FLIGHT_4 = [
  ['d_year, c_nation', "c_region = 'AMERICA' and s_region = 'AMERICA' and (p_mfgr = 'MFGR#1' or p_mfgr = 'MFGR#2')"],
  ['d_year, s_nation, p_category', `c_region = 'AMERICA' and s_region = 'AMERICA' and (d_year = 1997 or d_year = 1998)
  and (p_mfgr = 'MFGR#1' or p_mfgr = 'MFGR#2')`],
  ['d_year, s_city, p_brand1', `c_region = 'AMERICA' and s_nation = 'UNITED STATES'
  and (d_year = 1997 or d_year = 1998) and p_category = 'MFGR#14'`],
].map(([groups, condition]) => `
select ${groups}, sum(lo_revenue - lo_supplycost) as profit
from dates, customer, supplier, part, lineorder
where lo_custkey = c_custkey and lo_suppkey = s_suppkey and lo_partkey = p_partkey and lo_orderdate = d_datekey
  and ${condition}
group by ${groups}
order by ${groups}`)

/** All queries by flight: Q1.1 to Q4.3. */
export function ssbQueries(): NamedQuery[] {
  return [FLIGHT_1, FLIGHT_2, FLIGHT_3, FLIGHT_4].flatMap((flight, f) =>
    flight.map((sql, i) => ({ name: `Q${f + 1}.${i + 1}`, sql: sql.trim() })))
}
