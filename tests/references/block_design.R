# Reference values for tests/sampling/test_block_design.py: R 4.2.2, base R (eigen, lm, vcov) and jsonlite.
# From this folder: Rscript block_design.R
# Each design: booklets of units (1, 2, ...), people who rate each booklet.
library(jsonlite)
designs <- list(
  fano = list(v = 7, blocks = list(c(1,2,4), c(2,3,5), c(3,4,6), c(4,5,7), c(5,6,1), c(6,7,2), c(7,1,3)), raters = rep(1, 7)),
  lattice = list(v = 9, blocks = list(c(1,2,3), c(4,5,6), c(7,8,9), c(1,4,7), c(2,5,8), c(3,6,9)), raters = rep(1, 6)),
  cyclic = list(v = 8, blocks = lapply(0:7, function(s) (c(0, 1, 3) + s) %% 8 + 1), raters = rep(2, 8)),
  uneven = list(v = 6, blocks = list(c(1,2,3,4), c(2,3,5), c(4,6), c(1,5,6), c(2,6)), raters = c(3, 2, 4, 1, 2)),
  chain = list(v = 5, blocks = list(c(1,2), c(2,3), c(3,4), c(4,5)), raters = rep(10, 4))
)
figures <- function(d) {
  v <- d$v; b <- length(d$blocks)
  N <- matrix(0, v, b); for (j in seq_len(b)) N[d$blocks[[j]], j] <- 1
  k <- colSums(N); m <- d$raters; r <- as.vector(N %*% m)
  C <- diag(r) - N %*% diag(m / k) %*% t(N)
  roots <- eigen(C, symmetric = TRUE, only.values = TRUE)$values[seq_len(v - 1)]
  mean_var <- 2 * mean(1 / roots)
  # the same differences from a regression on raters and units: sigma 1, any y
  rows <- do.call(rbind, lapply(seq_len(b), function(j)
    expand.grid(unit = d$blocks[[j]], rater = paste(j, seq_len(m[j])))))
  X <- model.matrix(~ rater + factor(unit), rows)
  V <- solve(crossprod(X)); u <- grep("unit", colnames(X))
  V <- rbind(0, cbind(0, V[u, u]))
  variances <- outer(diag(V), diag(V), "+") - 2 * V
  list(v = v, blocks = d$blocks, raters = m, eigenvalues = roots, mean_difference_variance = mean_var,
       efficiency = (2 / mean(r)) / mean_var, variances = variances)
}
write_json(list(meta = list(made_by = "Rscript block_design.R", R = R.version.string), designs = lapply(designs, figures)),
           "block_design.json", digits = NA, auto_unbox = TRUE, pretty = FALSE)
