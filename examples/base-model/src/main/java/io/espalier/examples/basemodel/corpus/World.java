package io.espalier.examples.basemodel.corpus;

import java.util.List;

/** Capitals, kinds of things, what things are for, which of two is bigger. */
final class World {
  private World() {}

  static List<Topic> topics() {
    return List.of(
        Topic.of(
            """
            {0}的首都是哪里？
            {0}的首都是哪个城市？
            哪个城市是{0}的首都？
            请告诉我{0}的首都。
            你知道{0}的首都吗？
            {0}这个国家的首都叫什么？
            我想去{0}的首都，那是哪里？""",
            "{0}的首都是{1}。",
            """
            中国 | 北京; 法国 | 巴黎; 日本 | 东京; 英国 | 伦敦; 德国 | 柏林; 意大利 | 罗马
            西班牙 | 马德里; 俄罗斯 | 莫斯科; 埃及 | 开罗; 希腊 | 雅典; 泰国 | 曼谷; 韩国 | 首尔"""),
        Topic.of(
            """
            What is the capital of {0}?
            Which city is the capital of {0}?
            Please tell me the capital of {0}.
            Do you know the capital of {0}?
            {0} has which capital?
            I want to see the capital of {0}. Where do I go?
            Name the capital city of {0}.""",
            "The capital of {0} is {1}.",
            """
            China | Beijing; France | Paris; Japan | Tokyo; England | London; Germany | Berlin
            Italy | Rome; Spain | Madrid; Russia | Moscow; Egypt | Cairo; Greece | Athens
            Norway | Oslo; Austria | Vienna"""),
        Topic.of(
            """
            {0}是什么？
            {0}属于哪一类？
            {0}是哪一种东西？
            请说说{0}是什么。
            {0}算是什么东西？
            你知道{0}是什么吗？""",
            "{0}是一种{1}。",
            """
            苹果 | 水果; 香蕉 | 水果; 白菜 | 蔬菜; 萝卜 | 蔬菜; 老虎 | 动物; 猴子 | 动物
            玫瑰 | 花; 菊花 | 花; 汽车 | 车; 火车 | 车; 钢琴 | 乐器; 小提琴 | 乐器"""),
        Topic.of(
            """
            What kind of thing is {0}?
            What is {0}?
            What sort of thing is {0}?
            Please say what {0} is.
            Do you know what {0} is?
            Which group does {0} belong to?""",
            "It is {1}.",
            """
            an apple | a fruit; a pear | a fruit; a potato | a vegetable; an onion | a vegetable
            a tiger | an animal; a monkey | an animal; a rose | a flower; a tulip | a flower
            a piano | an instrument; a violin | an instrument; a hammer | a tool; a saw | a tool"""),
        Topic.of(
            """
            我们用什么{0}？
            人用什么来{0}？
            要{0}，得用什么？
            {0}的时候用什么？
            拿什么{0}？
            请说出用来{0}的东西。""",
            "用{1}{0}。",
            """
            看 | 眼睛; 听 | 耳朵; 走路 | 脚; 写字 | 笔; 切菜 | 刀; 喝水 | 杯子; 睡觉 | 床; 扫地 | 扫把"""),
        Topic.of(
            """
            What do we {0} with?
            What do you need to {0}?
            Which thing do people use to {0}?
            I want to {0}. What should I take?
            Please name what you use to {0}.
            What helps you to {0}?""",
            "We {0} with {1}.",
            """
            see | eyes; hear | ears; walk | feet; write | a pen; cut bread | a knife
            drink | a cup; sweep | a broom; smell | a nose"""),
        Topic.of(
            """
            {0}和{1}哪个大？
            哪个更大，{0}还是{1}？
            {0}跟{1}比，谁大？
            请比一比{0}和{1}的大小。
            {1}和{0}比起来，哪个大？
            你说{0}大还是{1}大？""",
            "{0}比{1}大。",
            """
            大象 | 老鼠; 西瓜 | 樱桃; 太阳 | 月亮; 老虎 | 小猫; 大海 | 小河; 飞机 | 自行车; 鲸鱼 | 小虾; 高山 | 石头"""),
        Topic.of(
            """
            Which is bigger, {0} or {1}?
            Is {0} bigger than {1}?
            Compare {0} and {1}. Which one is bigger?
            What is bigger, {1} or {0}?
            Please tell me if {0} or {1} is the bigger one.
            {0} and {1}: which is larger?""",
            "{0} is bigger than {1}.",
            """
            A house | a box; A horse | a mouse; The sea | a pond; A whale | a shrimp
            A mountain | a stone; A bus | a bike; A melon | a cherry; A tree | a leaf"""));
  }
}
