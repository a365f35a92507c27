# Reference values for tests/scoring/test_drawn.py.
# R 4.2.2 with survey 4.1.1 (Debian: r-cran-survey). From this folder: Rscript scoring_drawn.R > scoring_drawn.json
# Two communes were the strata, three thôn were drawn in each, people in thôn; answers are levels 1..5, NA "don't know".
suppressPackageStartupMessages(library(survey))
d <- data.frame(
  stratum = rep(c("x", "y"), each = 9),
  psu = rep(1:3, each = 3, times = 2), # thôn numbers start anew in each commune
  w = c(10, 10, 12, 8, 8, 9, 15, 15, 11, 30, 28, 25, 31, 20, 22, 19, 40, 33),
  c1 = c(5, 4, 4, 3, 5, 2, 4, 4, 1, 4, 5, 3, 2, 2, 5, 5, 4, 3),
  c2 = c(4, 4, NA, 3, 5, 1, 3, 5, 2, NA, 4, 3, 5, 4, 2, 1, 3, 4)
)
d$v1 <- (d$c1 - 1) / 4
d$v2 <- (d$c2 - 1) / 4
des <- svydesign(ids = ~psu, strata = ~stratum, weights = ~w, data = d, nest = TRUE)
m1 <- svymean(~v1, des)
m2 <- svymean(~v2, des, na.rm = TRUE)
# 3 points for the first criterion, 2 for the second: the influences of each person are added before they are squared
z1 <- (d$v1 - coef(m1)) / sum(d$w)
z2 <- ifelse(is.na(d$v2), 0, (d$v2 - coef(m2)) / sum(d$w[!is.na(d$v2)]))
des <- update(des, z = 3 * z1 + 2 * z2)
cat(jsonlite::toJSON(list(
  stratum = d$stratum, psu = d$psu, w = d$w, c1 = d$c1, c2 = d$c2,
  c1_mean = c(coef(m1), SE(m1)), c2_mean = c(coef(m2), SE(m2)),
  points = c(3 * coef(m1) + 2 * coef(m2), sqrt(vcov(svytotal(~z, des)))), df = degf(des)
), digits = 15, auto_unbox = TRUE, na = "null"))
