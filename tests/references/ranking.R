# Reference values for tests/analysis/test_ranking_published.py: joint intervals that do not overlap.
# Base R 4.2.2, jsonlite. From this folder: Rscript ranking.R
# Travel times 2011 (American Community Survey) as in the data of RankingProject 1.0.0, coverage 90 %.
suppressPackageStartupMessages(library(jsonlite))
times <- read.csv("published/travel_time_2011.csv")
n <- nrow(times)
half <- times$moe90 * qnorm(0.5 + 0.9^(1 / n) / 2) / qnorm(0.95)
bounds <- function(low, high, before) list(
  low = sapply(1:n, function(k) 1 + sum(before(high, low[k]))),
  high = sapply(1:n, function(k) n - sum(before(high[k], low)))
)
plain <- bounds(times$minutes - half, times$minutes + half, `<`)
rounded <- bounds(round(times$minutes - half, 1), round(times$minutes + half, 1), `<=`)
write_json(list(low = plain$low, high = plain$high, rounded_low = rounded$low, rounded_high = rounded$high),
           "ranking.json", pretty = FALSE, digits = NA)
