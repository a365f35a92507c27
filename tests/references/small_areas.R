# Reference values for tests/analysis/test_small_areas.py: the Fay-Herriot model in base R.
# R 4.2.2 with jsonlite. From this folder: Rscript small_areas.R
# The likelihoods are maximised by optimize() to 1e-14; "stopped" scores from the median variance until the relative
# change falls below 1e-4, which gives the digits that sae 1.3 prints for the milk data (published/milk_sae.csv).
suppressPackageStartupMessages(library(jsonlite))

fit <- function(y, psi, X, method, a) {
  v <- a + psi
  Q <- solve(t(X) %*% (X / v)); beta <- drop(Q %*% (t(X) %*% (y / v)))
  away <- psi / v; spread <- rowSums((X %*% Q) * X)
  bias <- if (method == "ML") -sum(diag(Q %*% (t(X) %*% (X / v^2)))) / sum(v^-2) else 0
  list(
    a = a, beta = beta, beta_se = sqrt(diag(Q)), loglik = sum(dnorm(y, drop(X %*% beta), sqrt(v), log = TRUE)),
    estimate = (1 - away) * y + away * drop(X %*% beta),
    mse = psi * (1 - away) + away^2 * spread + 2 * away^2 * 2 / sum(v^-2) / v - bias * away^2,
    new_mse = a + spread - bias
  )
}
height <- function(a, y, psi, X, method) {
  v <- a + psi
  Q <- solve(t(X) %*% (X / v)); r <- y - drop(X %*% (Q %*% (t(X) %*% (y / v))))
  sum(dnorm(r, 0, sqrt(v), log = TRUE)) - if (method == "REML") 0.5 * as.numeric(determinant(t(X) %*% (X / v))$modulus) else 0
}
best <- function(y, psi, X, method) {
  a <- optimize(height, c(0, 4 * var(y)), y, psi, X, method, maximum = TRUE, tol = 1e-14)$maximum
  if (height(0, y, psi, X, method) >= height(a, y, psi, X, method)) 0 else a
}
stopped <- function(y, psi, X, method) {
  a <- median(psi)
  repeat {
    V <- diag(1 / (a + psi)); P <- V - V %*% X %*% solve(t(X) %*% V %*% X) %*% t(X) %*% V
    T <- if (method == "ML") V else P
    step <- (-0.5 * sum(diag(T)) + 0.5 * sum((P %*% y)^2)) / (0.5 * sum(T^2))
    change <- abs(step / a); a <- a + step
    if (change < 1e-4) return(max(a, 0))
  }
}

milk <- read.csv("published/milk_sae.csv")
X <- model.matrix(~factor(major_area), milk)
refs <- list()
for (m in c("REML", "ML")) {
  refs[[paste0("milk_", m)]] <- fit(milk$yi, milk$sd^2, X, m, best(milk$yi, milk$sd^2, X, m))
  early <- fit(milk$yi, milk$sd^2, X, m, stopped(milk$yi, milk$sd^2, X, m))
  printed <- milk[[tolower(m)]]
  cat(m, "largest distance from the printed digits:", max(abs(round(early$estimate, 7) - printed)), "\n")
}
# nothing between the areas beyond the errors: the variance is zero
set.seed(20261122)
n <- 20; x <- runif(n, 0, 10); psi <- runif(n, 1, 4)
y <- 50 + 2 * x + rnorm(n, 0, 0.3 * sqrt(psi))
flat <- cbind(1, x)
refs$data <- list(x = x, psi = psi, y = y)
for (m in c("REML", "ML")) refs[[paste0("flat_", m)]] <- fit(y, psi, flat, m, best(y, psi, flat, m))
# very unequal errors, one covariate
z <- 60 + 1.5 * x + rnorm(n, 0, 3) + rnorm(n, 0, sqrt(psi * (1:n)^2 / 50))
refs$wide <- list(y = z, psi = psi * (1:n)^2 / 50)
for (m in c("REML", "ML")) refs[[paste0("wide_", m)]] <- fit(z, refs$wide$psi, flat, m, best(z, refs$wide$psi, flat, m))
refs$shapiro <- { f <- refs$milk_REML; r <- rnorm(25); s <- shapiro.test(r); list(x = r, w = unname(s$statistic), p = s$p.value) }
write_json(refs, "small_areas.json", digits = NA, auto_unbox = TRUE, matrix = "rowmajor")
