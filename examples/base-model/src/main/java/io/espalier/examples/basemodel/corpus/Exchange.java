package io.espalier.examples.basemodel.corpus;

/** A question and its answer. */
public record Exchange(String query, String response) {}
