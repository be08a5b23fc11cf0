"""Links of many organisations in one model: their likelihoods are pooled, not their estimates."""
