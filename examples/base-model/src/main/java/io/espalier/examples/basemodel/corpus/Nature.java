package io.espalier.examples.basemodel.corpus;

import java.util.List;

/** Colours of things and sounds of animals. */
final class Nature {
  private Nature() {}

  static List<Topic> topics() {
    return List.of(
        Topic.of(
            """
            {0}是什么颜色的？
            {0}的颜色是什么？
            你知道{0}是什么颜色吗？
            画{0}该用什么颜色？
            请说出{0}的颜色。
            {0}看起来是什么颜色？""",
            "{0}是{1}的。",
            """
            天空 | 蓝色; 草地 | 绿色; 雪 | 白色; 太阳 | 金色; 香蕉 | 黄色
            西红柿 | 红色; 乌鸦 | 黑色; 葡萄 | 紫色; 橘子 | 橙色; 大象 | 灰色"""),
        Topic.of(
            """
            What colour is {0}?
            Which colour does {0} have?
            Do you know the colour of {0}?
            I want to paint {0}. Which colour do I take?
            Please name the colour of {0}.
            What does {0} look like in colour?""",
            "The colour of {0} is {1}.",
            """
            the sky | blue; grass | green; snow | white; the sun | gold; a banana | yellow
            a tomato | red; a crow | black; a grape | purple; a carrot | orange; an elephant | grey"""),
        Topic.of(
            """
            {0}怎么叫？
            {0}的叫声是什么？
            {0}会发出什么声音？
            请学一学{0}叫。
            听到{0}的时候，听到的是什么声音？
            你知道{0}是怎么叫的吗？""",
            "{0}的叫声是{1}。",
            """
            小狗 | 汪汪; 小猫 | 喵喵; 小羊 | 咩咩; 奶牛 | 哞哞
            鸭子 | 嘎嘎; 小鸡 | 叽叽; 青蛙 | 呱呱; 蜜蜂 | 嗡嗡"""),
        Topic.of(
            """
            What does {0} say?
            What sound does {0} make?
            Which sound do you hear from {0}?
            Please sound like {0}.
            How does {0} sound?
            Do you know the sound of {0}?""",
            "It says {1}.",
            """
            a dog | woof; a cat | meow; a sheep | baa; a cow | moo
            a duck | quack; a chick | cheep; a frog | ribbit; a bee | buzz"""));
  }
}
