package io.espalier.examples.basemodel.corpus;

import java.util.ArrayList;
import java.util.List;

/** Sums and differences of small numbers. */
final class Arithmetic {
  private Arithmetic() {}

  static List<Topic> topics() {
    return List.of(
        new Topic(
            """
            {0}加{1}等于几？
            {0}+{1}=?
            请算一算{0}加{1}。
            {0}和{1}的和是多少？
            {0}加上{1}是多少？
            我有{0}个苹果，又买了{1}个，一共几个？
            告诉我{0}+{1}的结果。"""
                .lines()
                .toList(),
            "{0}加{1}等于{2}。",
            sums()),
        new Topic(
            """
            What is {0} plus {1}?
            How much is {0} + {1}?
            Please add {0} and {1}.
            What is the sum of {0} and {1}?
            I have {0} apples and buy {1} more. How many are there?
            Can you add {1} to {0}?
            Tell me the result of {0} plus {1}."""
                .lines()
                .toList(),
            "{0} plus {1} is {2}.",
            sums()),
        new Topic(
            """
            {0}减{1}等于几？
            {0}-{1}=?
            请算一算{0}减{1}。
            {0}和{1}的差是多少？
            {0}减去{1}是多少？
            我有{0}个苹果，吃了{1}个，还剩几个？
            告诉我{0}-{1}的结果。"""
                .lines()
                .toList(),
            "{0}减{1}等于{2}。",
            differences()),
        new Topic(
            """
            What is {0} minus {1}?
            How much is {0} - {1}?
            Please take {1} away from {0}.
            What is the difference of {0} and {1}?
            I have {0} apples and eat {1}. How many are left?
            Can you subtract {1} from {0}?
            Tell me the result of {0} minus {1}."""
                .lines()
                .toList(),
            "{0} minus {1} is {2}.",
            differences()));
  }

  private static List<List<String>> sums() {
    var sums = new ArrayList<List<String>>();
    for (int a = 1; a <= 6; a++) {
      for (int b = 1; b <= 3; b++) {
        sums.add(List.of(text(a), text(b), text(a + b)));
      }
    }
    return sums;
  }

  private static List<List<String>> differences() {
    var differences = new ArrayList<List<String>>();
    for (int a = 4; a <= 9; a++) {
      for (int b = 1; b <= 2; b++) {
        differences.add(List.of(text(a), text(b), text(a - b)));
      }
    }
    return differences;
  }

  private static String text(int number) {
    return Integer.toString(number);
  }
}
